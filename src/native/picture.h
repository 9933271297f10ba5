// A picture as encoders take it: I420, BT.709, limited range. What is drawn is RGB.
#ifndef PICTURE_H
#define PICTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** A part of a picture, in pixels. Empty when its width is 0. */
typedef struct {
  int x, y, width, height;
} Box;

/** One picture: Y, then U and V of a quarter of its size. */
typedef struct {
  int width, height;
  size_t bytes;
  /** How many hold it: only who holds it alone may change it. */
  _Atomic int holders;
  uint8_t data[];
} Picture;

/** The smallest box around both. */
Box box_around(Box one, Box other);

/** The part of a box that lies within the other. */
Box box_within(Box box, Box limits);

bool box_contains(Box outer, Box inner);

/** The smallest box around one with even edges, for colour is kept for 2x2 pixels at a time. */
Box box_even(Box box);

/** Not yet filled, held once. Width and height are even. NULL without memory. */
Picture *picture_new(int width, int height);

Picture *picture_hold(Picture *picture);

/** Gives the memory back when nobody else holds it. */
void picture_release(Picture *picture);

/** The same picture, held alone: itself, or a copy in place of it. NULL without memory. */
Picture *picture_alone(Picture *picture);

/**
 * Puts pixels of 32 bits (blue, green, red, unused) into this part of the picture.
 * The box has even edges; the lines of its pixels follow each other without a gap.
 */
void picture_put(Picture *picture, Box box, const uint32_t *pixels);

#endif
