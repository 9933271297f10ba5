// From what is drawn to what is encoded.
//
// The conversion is written out here because none of libyuv's from RGB knows BT.709, which is what pictures of today's
// sizes are expected to have. The loops are plain so that the compiler makes vectors of them.
#include "picture.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

// Twice compiled, the better one is chosen at start; on other machines than x86 the usual vectors do.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define FOR_VECTORS __attribute__((target_clones("avx2", "default")))
#else
#define FOR_VECTORS
#endif

// Coefficients of BT.709 for limited range, times 65536: Y = 16 + 219 * (0.2126 R + 0.7152 G + 0.0722 B) / 255, and so
// on.
enum {
  Y_R = 11966, Y_G = 40254, Y_B = 4064,
  U_R = -6596, U_G = -22189, U_B = 28785,
  V_R = 28785, V_G = -26145, V_B = -2640,
  HALF = 1 << 15,
  Y_ZERO = (16 << 16) + HALF,
  // Colour is summed up over four pixels.
  C_ZERO = (128 << 18) + (HALF << 2),
};

Box box_around(Box one, Box other) {
  if (one.width == 0) return other;
  if (other.width == 0) return one;
  int left = one.x < other.x ? one.x : other.x;
  int top = one.y < other.y ? one.y : other.y;
  int right = one.x + one.width > other.x + other.width ? one.x + one.width : other.x + other.width;
  int bottom = one.y + one.height > other.y + other.height ? one.y + one.height : other.y + other.height;
  return (Box){left, top, right - left, bottom - top};
}

Box box_within(Box box, Box limits) {
  int left = box.x > limits.x ? box.x : limits.x;
  int top = box.y > limits.y ? box.y : limits.y;
  int right = box.x + box.width < limits.x + limits.width ? box.x + box.width : limits.x + limits.width;
  int bottom = box.y + box.height < limits.y + limits.height ? box.y + box.height : limits.y + limits.height;
  return left < right && top < bottom ? (Box){left, top, right - left, bottom - top} : (Box){0, 0, 0, 0};
}

bool box_contains(Box outer, Box inner) {
  return inner.x >= outer.x && inner.y >= outer.y && inner.x + inner.width <= outer.x + outer.width &&
         inner.y + inner.height <= outer.y + outer.height;
}

Box box_even(Box box) {
  int left = box.x & ~1, top = box.y & ~1;
  int right = (box.x + box.width + 1) & ~1, bottom = (box.y + box.height + 1) & ~1;
  return (Box){left, top, right - left, bottom - top};
}

Picture *picture_new(int width, int height) {
  size_t bytes = (size_t)width * height * 3 / 2;
  Picture *picture = malloc(sizeof *picture + bytes);
  if (picture == NULL) return NULL;
  picture->width = width;
  picture->height = height;
  picture->bytes = bytes;
  atomic_init(&picture->holders, 1);
  return picture;
}

Picture *picture_hold(Picture *picture) {
  atomic_fetch_add(&picture->holders, 1);
  return picture;
}

void picture_release(Picture *picture) {
  if (atomic_fetch_sub(&picture->holders, 1) == 1) free(picture);
}

Picture *picture_alone(Picture *picture) {
  if (atomic_load(&picture->holders) == 1) return picture;
  Picture *copy = picture_new(picture->width, picture->height);
  if (copy == NULL) return NULL;
  memcpy(copy->data, picture->data, picture->bytes);
  picture_release(picture);
  return copy;
}

FOR_VECTORS
static void luma_line(uint8_t *restrict y, const uint32_t *restrict pixels, int width) {
  for (int i = 0; i < width; i++) {
    int32_t blue = pixels[i] & 255, green = pixels[i] >> 8 & 255, red = pixels[i] >> 16 & 255;
    y[i] = (Y_R * red + Y_G * green + Y_B * blue + Y_ZERO) >> 16;
  }
}

/** @param width in colour, that is half of the pixels */
FOR_VECTORS
static void colour_line(uint8_t *restrict u, uint8_t *restrict v, const uint32_t *restrict upper,
                        const uint32_t *restrict lower, int width) {
  // Blue and red are summed up in one go: four of each take ten of their sixteen bits.
  const uint32_t outer = 0xff00ff;
  for (int i = 0; i < width; i++) {
    uint32_t a = upper[2 * i], b = upper[2 * i + 1], c = lower[2 * i], d = lower[2 * i + 1];
    uint32_t blue_red = (a & outer) + (b & outer) + (c & outer) + (d & outer);
    int32_t blue = blue_red & 0xffff, red = blue_red >> 16;
    int32_t green = (a >> 8 & 255) + (b >> 8 & 255) + (c >> 8 & 255) + (d >> 8 & 255);
    u[i] = (U_R * red + U_G * green + U_B * blue + C_ZERO) >> 18;
    v[i] = (V_R * red + V_G * green + V_B * blue + C_ZERO) >> 18;
  }
}

void picture_put(Picture *picture, Box box, const uint32_t *pixels) {
  size_t luma = (size_t)picture->width * picture->height;
  uint8_t *y = picture->data + (size_t)box.y * picture->width + box.x;
  size_t colour = ((size_t)box.y / 2) * (picture->width / 2) + box.x / 2;
  uint8_t *u = picture->data + luma + colour, *v = u + luma / 4;
  for (int line = 0; line < box.height; line += 2) {
    const uint32_t *upper = pixels + (size_t)line * box.width, *lower = upper + box.width;
    luma_line(y, upper, box.width);
    luma_line(y + picture->width, lower, box.width);
    colour_line(u, v, upper, lower, box.width / 2);
    y += 2 * picture->width;
    u += picture->width / 2;
    v += picture->width / 2;
  }
}
