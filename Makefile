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
LIBS     := -lcurl -lnghttp2 -lssl -lcrypto -larchive -lyaml -ljansson -lzstd -ldeflate -lz -lxxhash -lre2 -lstdc++ -lm

COMMON_C   := $(wildcard libcommon/*/*.c)
FORMATS_C  := $(wildcard formats/*.c formats/*/*.c)
FORMATS_CC := $(wildcard formats/*.cc)
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

$O/tools/pyro-query/page.o: tools/pyro-query/page.html

# Unit tests: one program per module; they print TAP.
unit: $(UNIT:%=$(BIN)/tests/%)
MAINS      := $(foreach p,$(PROGS),tools/$p/$(subst -,_,$(p:pyro-%=%)).c)
TOOLS_O    := $(patsubst %.c,$O/%.o,$(filter-out $(MAINS),$(wildcard tools/*/*.c)))
$O/libtools.a: $(TOOLS_O)
$(BIN)/tests/test_%: $O/tests/unit/test_%.o $O/libtools.a $O/libformats.a $O/libcommon.a
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ -lcmocka $(LIBS)

# Fuzz targets: with FUZZ=1 real fuzzers, else plain runners over files.
fuzzers: $(FUZZERS:%=$(BIN)/fuzz/%)
$(BIN)/fuzz/%: $O/tests/fuzz/%.o $(if $(FUZZ),,$O/tests/fuzz/main.o) $O/libformats.a $O/libcommon.a
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS) $(if $(FUZZ),-fsanitize=fuzzer) -o $@ $^ $(LIBS)

clean:
	rm -rf build

.PHONY: all unit fuzzers clean
.SECONDARY:
-include $(shell find build/obj/$(PROFILE) -name '*.d' 2>/dev/null)
