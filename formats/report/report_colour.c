/* Colours of frames: by name, by package, and of changes. The same for a name in every picture. */
#include <math.h>

#include "base/hash.h"
#include "formats/report/report_impl.h"

/* Of each part of the colour: the least, and how much it varies by name. */
static const struct {
	uint8_t red, red_by, green, green_by, blue, blue_by;
} palettes[] = {
	[PICTURE_HOT] = { 205, 50, 60, 160, 0, 55 },
	[PICTURE_MEM] = { 0, 1, 190, 50, 0, 210 },
	[PICTURE_IO] = { 80, 60, 80, 60, 190, 55 },
	[PICTURE_RED] = { 200, 55, 50, 80, 50, 80 },
	[PICTURE_GREEN] = { 50, 60, 200, 55, 50, 60 },
	[PICTURE_BLUE] = { 80, 60, 80, 60, 205, 50 },
	[PICTURE_AQUA] = { 50, 60, 165, 55, 165, 55 },
	[PICTURE_YELLOW] = { 175, 55, 175, 55, 50, 20 },
	[PICTURE_PURPLE] = { 190, 65, 80, 60, 190, 65 },
	[PICTURE_ORANGE] = { 190, 65, 90, 65, 0, 1 },
	[PICTURE_GREY] = { 150, 60, 150, 1, 150, 1 },
};

/* What stands before the first dot, colon or bracket after the last slash, as in the page. */
static struct str package_of(struct str name)
{
	size_t slash = str_rfind(name, '/'), from = slash < name.n ? slash + 1 : 0, i = from;

	while (i < name.n && strchr("/.:(< \t", name.p[i]) == NULL)
		i++;
	return str_of(name.p, i);
}

static uint8_t channel(double v)
{
	return (uint8_t)lround(fmin(fmax(v, 0), 1) * 255);
}

/* hue in degrees; saturation and light from 0 to 1 */
static uint32_t of_hue(double hue, double saturation, double light)
{
	double c = (1 - fabs(2 * light - 1)) * saturation, h = hue / 60, x = c * (1 - fabs(fmod(h, 2) - 1));
	double m = light - c / 2, r = h < 1 || h >= 5 ? c : h < 2 || h >= 4 ? x : 0;
	double g = h < 1 || (h >= 3 && h < 4) ? x : h < 3 ? c : 0, b = h < 2 ? 0 : h < 3 || h >= 5 ? x : c;

	return (uint32_t)channel(r + m) << 16 | (uint32_t)channel(g + m) << 8 | channel(b + m);
}

uint32_t report_colour(enum picture_colours how, struct str name)
{
	uint32_t h = hash_fnv1a_32(how == PICTURE_PACKAGE ? package_of(name) : name);
	size_t i = (size_t)how < ARRAY_LEN(palettes) ? (size_t)how : PICTURE_HOT;
	uint32_t red, green, blue;

	if (how == PICTURE_PACKAGE || how == PICTURE_NAME)
		return of_hue(h % 360, 0.6 + (h >> 12) % 7 / 25.0, 0.68 + (h >> 20) % 7 / 60.0);
	red = palettes[i].red + h % palettes[i].red_by;
	green = palettes[i].green + (h >> 8) % palettes[i].green_by;
	blue = palettes[i].blue + (h >> 16) % palettes[i].blue_by;
	if (i == PICTURE_GREY)
		green = blue = red;
	return red << 16 | green << 8 | blue;
}

/* Red for a larger share than before, blue for a smaller one, grey for the same. */
uint32_t report_change_colour(double before, double after)
{
	double most = fmax(before, after), change = most > 0 ? (after - before) / most : 0;
	uint32_t pale = (uint32_t)lround(235 * (1 - fabs(change))), strong = (uint32_t)lround(235 + 20 * fabs(change));

	return change > 0 ? strong << 16 | pale << 8 | pale : pale << 16 | pale << 8 | strong;
}
