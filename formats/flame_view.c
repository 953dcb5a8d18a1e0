/* flame_view.c - see flame_view.h */
#include "base/embed.h"
#include "formats/flame_view.h"

EMBED(flame_view_js, "formats/flame_view.js");
EMBED(flame_view_css, "formats/flame_view.css");

struct str flame_view_script(void)
{
	return EMBEDDED(flame_view_js);
}

struct str flame_view_style(void)
{
	return EMBEDDED(flame_view_css);
}
