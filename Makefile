# pyro - see README.md. Profiles: make, make DEV=1, make SAN=address,undefined,
# make SAN=thread, make COV=1, make FUZZ=1 (clang). V=1 shows the commands.

VERSION := 0.1.0
PREFIX  ?= /usr/local
CC      ?= cc
CXX     ?= c++

PROGS   := $(notdir $(wildcard tools/*))
PROFILE := release
COPT    := -O2

ifdef DEV
PROFILE := dev
WERROR  := -Werror
endif
ifdef SAN
comma   := ,
PROFILE := san-$(subst $(comma),-,$(SAN))
COPT    := -O1 -fno-omit-frame-pointer -fsanitize=$(SAN) -fno-sanitize-recover=all
LDSAN   := -fsanitize=$(SAN)
endif
ifdef COV
PROFILE := cov
COPT    := -O0 --coverage
LDSAN   := --coverage
endif
ifdef FUZZ
PROFILE := fuzz
CC      := clang
CXX     := clang++
COPT    := -O1 -fno-omit-frame-pointer -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
LDSAN   := -fsanitize=address,undefined
endif
ifneq ($(findstring clang,$(shell $(CC) --version)),)
PROFILE := $(PROFILE)-clang
endif

# The release build is also what users find in build/.
O       := build/obj/$(PROFILE)
BIN     := $(if $(filter release,$(PROFILE)),build,build/$(PROFILE))

WARN := -Wall -Wextra       # the usual mistakes
WARN += -Wshadow            # one name, one thing
WARN += -Wconversion        # silent loss of bits
WARN += -Wno-sign-conversion # size_t against uint32_t is said by the comparison warnings
WARN += -Wstrict-prototypes -Wmissing-prototypes # every function is static or in a header
WARN += -Wvla               # stack use that strangers choose
WARN += -Wwrite-strings -Wcast-qual # const means const
WARN += -Wformat=2          # formats are literals
WARN += -Wundef             # a misspelt feature macro
WARN += -Wimplicit-fallthrough

CPPFLAGS += -D_GNU_SOURCE -DPYRO_VERSION='"$(VERSION)"' -Ilibcommon -I.
CFLAGS   ?= -g
ALLC      = -std=c17 $(COPT) $(CFLAGS) $(WARN) $(WERROR) $(CPPFLAGS) -fstack-protector-strong -fPIE -pthread
ifeq ($(SAN)$(COV)$(FUZZ),)
ALLC     += -D_FORTIFY_SOURCE=2
endif
LDFLAGS  += -pie -Wl,-z,relro,-z,now -Wl,--as-needed -pthread $(LDSAN)
# RE2, its C++ library and small ones are linked in, because loading them costs each process a megabyte; curl,
# OpenSSL and libarchive are loaded when they are needed (io/lazy.h), and linked only into tests that call them.
ifeq ($(SAN)$(FUZZ),)
RE2      := -static-libgcc -Wl,-Bstatic -lre2 -lstdc++ -lyaml -ljansson -ldeflate -llzma -Wl,-Bdynamic
else
# The demangler that prints piece by piece is in the archive alone.
RE2      := -lre2 -lstdc++ -llzma -Wl,-Bstatic -lstdc++ -Wl,-Bdynamic
endif
LIBS     := -lnghttp2 -lzstd -lz -lxxhash $(RE2) -lyaml -ljansson -ldeflate -lm
TESTLIBS := -lcmocka -lssl -lcrypto

COMMON_C   := $(wildcard libcommon/*/*.c)
FORMATS_C  := $(wildcard formats/*.c formats/*/*.c)
FORMATS_CC := $(wildcard formats/*/*.cc)
COMMON_O   := $(COMMON_C:%.c=$O/%.o)
FORMATS_O  := $(FORMATS_C:%.c=$O/%.o) $(FORMATS_CC:%.cc=$O/%.o)
UNIT       := $(patsubst tests/unit/%.c,%,$(wildcard tests/unit/test_*.c))
FUZZERS    := $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
Q          := $(if $(V),,@)
say         = $(if $(V),,@echo "  $(1) $(2)")

all: $(PROGS:%=$(BIN)/%)

define PROGRAM
$$(BIN)/$(1): $$(patsubst %.c,$$O/%.o,$$(wildcard tools/$(1)/*.c)) $$O/libformats.a $$O/libcommon.a
	$$(call say,LD,$$@)
	$$(Q)mkdir -p $$(@D)
	$$(Q)$$(CC) $$(LDFLAGS) -o $$@ $$^ $$(LIBS)
endef
$(foreach p,$(PROGS),$(eval $(call PROGRAM,$(p))))

$O/libcommon.a: $(COMMON_O)
$O/libformats.a: $(FORMATS_O)
$O/lib%.a:
	$(call say,AR,$@)
	$(Q)rm -f $@ && ar rcs $@ $^

$O/%.o: %.c
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(ALLC) -MMD -MP -c -o $@ $<

$O/%.o: %.cc
	$(call say,CXX,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CXX) -std=c++17 $(COPT) $(CFLAGS) -Wall -Wextra $(WERROR) $(CPPFLAGS) -fPIE -MMD -MP -c -o $@ $<

# Files that are embedded, see libcommon/base/embed.h.
$O/tools/pyro-query/web_page.o: $(wildcard tools/pyro-query/web_page*.js tools/pyro-query/web_page.css tools/pyro-query/web_page.html)
$O/formats/report/flame_view.o: formats/report/flame_model.js formats/report/flame_view.js formats/report/flame_view.css
$O/formats/report/report_html.o: formats/report/report_page.js formats/report/report_page.css

# Unit tests: one program per module; they print TAP.
unit: $(UNIT:%=$(BIN)/tests/%)
MAINS      := $(foreach p,$(PROGS),tools/$p/$(subst -,_,$(p:pyro-%=%)).c)
TOOLS_O    := $(patsubst %.c,$O/%.o,$(filter-out $(MAINS),$(wildcard tools/*/*.c)))
$O/libtools.a: $(TOOLS_O)
$(BIN)/tests/test_%: $O/tests/unit/test_%.o $O/libtools.a $O/libformats.a $O/libcommon.a
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(TESTLIBS) $(LIBS)

# Preloaded by the fault tests; never with a sanitizer, whose own library comes first then.
fault: $(BIN)/tests/libfault.so
$(BIN)/tests/libfault.so: tests/lib/fault.c
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -std=gnu17 -O1 -g $(WARN) $(WERROR) -D_GNU_SOURCE -fPIC -shared -o $@ $<

# Fuzz targets: with FUZZ=1 real fuzzers, else plain runners over files.
fuzzers: $(FUZZERS:%=$(BIN)/fuzz/%)
$(BIN)/fuzz/%: $O/tests/fuzz/%.o $(if $(FUZZ),,$O/tests/fuzz/main.o) $O/libtools.a $O/libformats.a $O/libcommon.a
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS) $(if $(FUZZ),-fsanitize=fuzzer) -o $@ $^ $(LIBS)

# ---- what people call ----

check: all unit fault fuzzers
	tests/run

lint: all
	@tests/lint/run

# Speed and memory, one line a figure (doc/TESTING.md); PYROSCOPE=/path/to/pyroscope measures that one beside it.
BENCHES := $(patsubst tests/bench/%.c,$(BIN)/bench/%,$(wildcard tests/bench/*.c))
bench: all $(BENCHES)
	@tests/bench/run $(BIN)

$O/tests/bench/floor.o: COPT := -O3 -march=native
$(BIN)/bench/%: $O/tests/bench/%.o $O/libformats.a $O/libcommon.a
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LIBS)

# Two hours by hand: make FUZZ=1 fuzz SECONDS=600. Where it begins: tests/fuzz/seeds.py
SECONDS ?= 60
fuzz: fuzzers
	@for f in $(FUZZERS); do echo "$$f"; mkdir -p build/corpus/$$f tests/fuzz/corpus/$${f#fuzz_}; \
	$(BIN)/fuzz/$$f -max_total_time=$(SECONDS) -max_len=65536 -rss_limit_mb=2048 -print_final_stats=1 \
	build/corpus/$$f tests/fuzz/corpus/$${f#fuzz_} || exit 1; done

# The kill test, alone, with faults and with power loss, as long as you like: make torture N=1000
N ?= 20
torture: all fault
	tests/crash/kill.py --rounds $(N)
	tests/crash/fault_filters.py
	tests/crash/fault_server.py --rounds $(N) --starts 400
	tests/crash/disk.py --rounds $(N)

interop: all
	tests/interop/run

format:
	clang-format -i $$(git ls-files "*.c" "*.h" "*.cc")

install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/man
	install -s $(PROGS:%=build/%) $(DESTDIR)$(PREFIX)/bin
	for page in doc/*.[1578]; do [ -f "$$page" ] || continue; d=$(DESTDIR)$(PREFIX)/share/man/man$${page##*.}; \
	install -d $$d; install -m 644 $$page $$d; done
	install -d $(DESTDIR)$(PREFIX)/share/bash-completion/completions $(DESTDIR)$(PREFIX)/share/zsh/site-functions \
	$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d
	for p in $(PROGS); do \
	install -m 644 completions/$$p.bash $(DESTDIR)$(PREFIX)/share/bash-completion/completions/$$p; \
	install -m 644 completions/$$p.zsh $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_$$p; \
	install -m 644 completions/$$p.fish $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/$$p.fish; done

# What install puts there, and nothing else: folders stay.
uninstall:
	rm -f $(PROGS:%=$(DESTDIR)$(PREFIX)/bin/%)
	for page in doc/*.[1578]; do rm -f $(DESTDIR)$(PREFIX)/share/man/man$${page##*.}/$${page##*/}; done
	for p in $(PROGS); do \
	rm -f $(DESTDIR)$(PREFIX)/share/bash-completion/completions/$$p $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_$$p \
	$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/$$p.fish; done

# Files that the programs print themselves: completions, the OPTIONS of the man pages, the sample configuration.
generate: all
	@tests/lint/generate

dist:
	git archive --format=tar.gz --prefix=pyro-$(VERSION)/ -o build/pyro-$(VERSION).tar.gz HEAD

clean:
	rm -rf build

.PHONY: all unit fault fuzzers check lint bench fuzz torture interop format install uninstall generate dist clean
.SECONDARY:
-include $(shell find build/obj/$(PROFILE) -name '*.d' 2>/dev/null)
