/* flame_view.c - see flame_view.h */
#include "base/embed.h"
#include "formats/report/flame_view.h"

EMBED(flame_model_js, "formats/report/flame_model.js");
EMBED(flame_view_js, "formats/report/flame_view.js");
EMBED(flame_view_css, "formats/report/flame_view.css");

struct str flame_model_script(void)
{
	return EMBEDDED(flame_model_js);
}

struct str flame_view_script(void)
{
	return EMBEDDED(flame_view_js);
}

struct str flame_view_style(void)
{
	return EMBEDDED(flame_view_css);
}
