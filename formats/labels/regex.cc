/*
 * regex.cc - RE2 behind rx.h; the only C++ of pyro.
 *
 * Go reads two things differently: (?<name>x) is a named group, which this
 * RE2 knows as (?P<name>x) only, and \C is an error.
 */
#include "formats/labels/rx.h"

#include <re2/re2.h>

#include <cstdio>
#include <string>

struct rx {
	RE2 re;

	rx(const std::string &pattern, const RE2::Options &o) : re(pattern, o)
	{
	}
};

static const char *go_words(RE2::ErrorCode code)
{
	switch (code) {
	case RE2::ErrorBadEscape: return "invalid escape sequence";
	case RE2::ErrorBadCharClass: return "invalid character class";
	case RE2::ErrorBadCharRange: return "invalid character class range";
	case RE2::ErrorMissingBracket: return "missing closing ]";
	case RE2::ErrorMissingParen: return "missing closing )";
	case RE2::ErrorUnexpectedParen: return "unexpected )";
	case RE2::ErrorTrailingBackslash: return "trailing backslash at end of expression";
	case RE2::ErrorRepeatArgument: return "missing argument to repetition operator";
	case RE2::ErrorRepeatSize: return "invalid repeat count";
	case RE2::ErrorRepeatOp: return "invalid nested repetition operator";
	case RE2::ErrorBadPerlOp: return "invalid or unsupported Perl syntax";
	case RE2::ErrorBadUTF8: return "invalid UTF-8";
	case RE2::ErrorBadNamedCapture: return "invalid named capture";
	case RE2::ErrorPatternTooLarge: return "expression too large";
	default: return "regexp/syntax: internal error";
	}
}

/* The end of the class that starts at i, past its ']': "[]a]", "[^]a]", "[[:alpha:]]". */
static size_t class_end(const std::string &s, size_t i)
{
	i += s.compare(i, 2, "[^") == 0 ? 2 : 1;
	if (i < s.size() && s[i] == ']')
		i++;
	while (i < s.size() && s[i] != ']') {
		if (s[i] == '\\') {
			i += 2;
		} else if (s.compare(i, 2, "[:") == 0 && s.find(":]", i + 2) != s.npos) {
			i = s.find(":]", i + 2) + 2;
		} else {
			i++;
		}
	}
	return i < s.size() ? i + 1 : s.size();
}

/* Go's pattern as RE2 reads it; false when it has a \C. */
static bool from_go(const std::string &s, std::string *out)
{
	for (size_t i = 0; i < s.size();) {
		size_t n = 1;

		if (s.compare(i, 2, "\\C") == 0)
			return false;
		if (s.compare(i, 2, "\\Q") == 0) {
			n = s.find("\\E", i + 2);
			n = n == s.npos ? s.size() - i : n + 2 - i;
		} else if (s[i] == '\\') {
			n = 2;
		} else if (s[i] == '[') {
			n = class_end(s, i) - i;
		} else if (s.compare(i, 3, "(?<") == 0 && i + 3 < s.size() && s[i + 3] != '=' && s[i + 3] != '!') {
			out->append("(?P<");
			i += 3;
			continue;
		}
		out->append(s, i, n);
		i += n;
	}
	return true;
}

struct rx *rx_new(const char *pattern, size_t n, char *why, size_t why_size)
{
	RE2::Options o;
	std::string text;
	struct rx *r;

	o.set_dot_nl(true);
	o.set_log_errors(false);
	o.set_max_mem(8 << 20);
	if (!from_go(std::string(pattern, n), &text)) {
		snprintf(why, why_size, "error parsing regexp: invalid escape sequence: `\\C`");
		return nullptr;
	}
	r = new rx(text, o);
	if (r->re.ok())
		return r;
	snprintf(why, why_size, "error parsing regexp: %s: `%s`", go_words(r->re.error_code()),
	    r->re.error_arg().c_str());
	delete r;
	return nullptr;
}

void rx_free(struct rx *r)
{
	delete r;
}

bool rx_match(const struct rx *r, const char *text, size_t n, bool anchored, struct rx_span *out, int n_out)
{
	re2::StringPiece groups[32];
	int known = 1 + r->re.NumberOfCapturingGroups(), ask = n_out;

	ask = ask > known ? known : ask;
	ask = ask > 32 ? 32 : ask;
	if (!r->re.Match(re2::StringPiece(text, n), 0, n, anchored ? RE2::ANCHOR_BOTH : RE2::UNANCHORED, groups, ask))
		return false;
	for (int i = 0; i < n_out; i++)
		out[i] = i < ask ? rx_span{ groups[i].data(), groups[i].size() } : rx_span{ nullptr, 0 };
	return true;
}

size_t rx_size(const struct rx *r)
{
	return (size_t)r->re.ProgramSize();
}

int rx_group(const struct rx *r, const char *name, size_t n)
{
	const auto &groups = r->re.NamedCapturingGroups();
	auto at = groups.find(std::string(name, n));

	return at == groups.end() ? -1 : at->second;
}
