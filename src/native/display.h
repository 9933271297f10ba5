// A part of an X display: what has been drawn there, and pictures of it.
//
// https://www.x.org/releases/current/doc/damageproto/damageproto.txt
#ifndef DISPLAY_H
#define DISPLAY_H

#include <stdint.h>

#include "picture.h"

/** Watches the upper left corner of the screen, of even width and height. Fails loudly, also when the display goes. */
void display_open(int width, int height);

/** Readable when something has been drawn. */
int display_descriptor(void);

/** Reads what is there to be read. Returns when the latest was drawn that no picture shows; NEVER: nothing was. */
int64_t display_drawn(void);

/** Brings a picture up to date. Returns when the latest of what is new in it was drawn; NEVER: nothing is new. */
int64_t display_take(Picture *picture);

#endif
