/*
 * key.h - keys of a terminal: a character is its code point, others stand
 * above all characters. Read by io/tty.h, understood by pure screens.
 */
#ifndef KEY_H
#define KEY_H

enum key {
	KEY_CTRL_C = 3,
	KEY_CTRL_L = 12,
	KEY_ENTER = 13,
	KEY_CTRL_Z = 26,
	KEY_ESCAPE = 27,
	KEY_BACKSPACE = 127,
	KEY_UP = 0x110000,
	KEY_DOWN,
	KEY_RIGHT,
	KEY_LEFT,
	KEY_HOME,
	KEY_END,
	KEY_PAGE_UP,
	KEY_PAGE_DOWN,
	KEY_RESIZE, /* the terminal has another size now */
	KEY_GONE,   /* there is no terminal any longer, or somebody wants the program to end */
	KEY_NONE,   /* a sequence that means nothing here */
};

#endif
