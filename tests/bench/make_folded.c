/*
 * make_folded.c - folded text of any size with many distinct stacks, the same for the same numbers, and the proof that
 * somebody summed it up:
 *
 *	make_folded DISTINCT ROUNDS >big.folded           each of DISTINCT stacks ROUNDS times, in an order like chance
 *	make_folded DISTINCT ROUNDS --check <sum.folded   every stack once, with its sum, in order of bytes
 *
 * A stack says its number in base 32 with its first frames, so that a reader knows what belongs to it. A line has some
 * 105 bytes: 5000000 4 makes 2.1 GB.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DIGITS = 6, MORE = 5, LINE = 512 };

static uint64_t mix(uint64_t x)
{
	x ^= x >> 30;
	x *= 0xbf58476d1ce4e5b9u;
	x ^= x >> 27;
	x *= 0x94d049bb133111ebu;
	return x ^ x >> 31;
}

static uint64_t count_of(uint64_t i)
{
	return 1 + mix(i) % 9;
}

static char *put(char *at, const char *text)
{
	size_t n = strlen(text);

	memcpy(at, text, n);
	return at + n;
}

static char *put_two(char *at, unsigned v)
{
	*at++ = (char)('0' + v / 10);
	*at++ = (char)('0' + v % 10);
	return at;
}

/* The stack alone; the end of it. */
static char *put_stack(char *at, uint64_t i)
{
	at = put(at, "main");
	for (unsigned k = 0; k < DIGITS; k++)
		at = put_two(put(at, ";handle."), (unsigned)(i >> 5 * k & 31));
	for (unsigned k = 0; k < MORE; k++)
		at = put_two(put(at, ";call."), (unsigned)(mix(i * MORE + k) % 97));
	return at;
}

static int make(uint64_t distinct, uint64_t rounds)
{
	char line[LINE];
	uint64_t step = (uint64_t)((double)distinct * 0.6180339887) | 1, i = 0;

	/* a step without a common divisor comes by every stack once a round */
	for (;; step += 2) {
		uint64_t a = distinct, b = step;

		while (b != 0) {
			uint64_t rest = a % b;

			a = b;
			b = rest;
		}
		if (a == 1)
			break;
	}
	for (uint64_t n = 0; n < distinct * rounds; n++) {
		char *end = put_stack(line, i);

		*end++ = ' ';
		*end++ = (char)('0' + count_of(i));
		*end++ = '\n';
		if (fwrite(line, 1, (size_t)(end - line), stdout) != (size_t)(end - line))
			return 1;
		i = (i + step) % distinct;
	}
	return fflush(stdout) != 0;
}

static bool number_of(const char *line, uint64_t *i)
{
	*i = 0;
	for (unsigned k = 0; k < DIGITS; k++) {
		line = strstr(line, "handle.");
		if (line == NULL)
			return false;
		line += 7;
		*i |= strtoull(line, NULL, 10) << 5 * k;
	}
	return true;
}

static int check(uint64_t distinct, uint64_t rounds)
{
	char line[LINE], last[LINE] = "", want[LINE];
	uint64_t n = 0, i;

	while (fgets(line, sizeof(line), stdin) != NULL) {
		char *blank = strrchr(line, ' ');

		if (blank == NULL || !number_of(line, &i) || i >= distinct) {
			printf("line %" PRIu64 " is no stack: %s", n + 1, line);
			return 1;
		}
		*put_stack(want, i) = '\0';
		*blank = '\0';
		if (strcmp(line, want) != 0 || strtoull(blank + 1, NULL, 10) != rounds * count_of(i)) {
			printf("line %" PRIu64 ": %s has %s", n + 1, line, blank + 1);
			return 1;
		}
		if (strcmp(last, line) >= 0) {
			printf("line %" PRIu64 " is not behind the one before\n", n + 1);
			return 1;
		}
		memcpy(last, line, sizeof(last));
		n++;
	}
	if (n != distinct) {
		printf("%" PRIu64 " stacks, not %" PRIu64 "\n", n, distinct);
		return 1;
	}
	printf("%" PRIu64 " stacks are right\n", n);
	return 0;
}

int main(int argc, char **argv)
{
	uint64_t distinct = argc > 1 ? strtoull(argv[1], NULL, 10) : 0,
		 rounds = argc > 2 ? strtoull(argv[2], NULL, 10) : 0;

	if (distinct == 0 || distinct >= UINT64_C(1) << 5 * DIGITS || rounds == 0) {
		fprintf(stderr, "usage: make_folded DISTINCT ROUNDS [--check]\n");
		return 2;
	}
	return argc > 3 ? check(distinct, rounds) : make(distinct, rounds);
}
