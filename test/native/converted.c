// Converts what standard input has, as often as it has it: a number of 32 bits each for the picture's width and height
// and for the left edge, top edge, width and height of a box in it, then the box's pixels. Writes the whole picture,
// which was 7 in every byte before.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/native/picture.h"

int main(void) {
  int32_t head[6];
  while (fread(head, sizeof head, 1, stdin) == 1) {
    Box box = {head[2], head[3], head[4], head[5]};
    Picture *picture = picture_new(head[0], head[1]);
    uint32_t *pixels = malloc((size_t)box.width * box.height * 4);
    memset(picture->data, 7, picture->bytes);
    if (fread(pixels, (size_t)box.width * box.height * 4, 1, stdin) != 1) return 1;
    picture_put(picture, box, pixels);
    fwrite(picture->data, picture->bytes, 1, stdout);
    free(pixels);
    picture_release(picture);
  }
  return 0;
}
