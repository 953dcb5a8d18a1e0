/* cli_screen.h - a flame graph in the terminal, with keys: formats/report/flame_screen.h on io/tty.h. */
#ifndef CLI_SCREEN_H
#define CLI_SCREEN_H

#include "formats/report/report.h"

/* Until the person leaves. ERR_USAGE: there is no terminal. */
int cli_screen(struct report *r, const struct picture *o, int64_t max_nodes, struct err *e);

#endif
