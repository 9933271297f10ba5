// Raw pictures with their times, as ffmpeg reads them from a pipe: Matroska, one track, one cluster for each picture.
//
// https://www.rfc-editor.org/rfc/rfc9559, https://www.rfc-editor.org/rfc/rfc8794
#ifndef MATROSKA_H
#define MATROSKA_H

#include <stddef.h>
#include <stdint.h>

enum { MATROSKA_HEAD = 256, MATROSKA_CLUSTER = 64 };

/** What comes before the first picture. Returns its length, at most MATROSKA_HEAD. */
size_t matroska_head(uint8_t *out, int width, int height, double fps);

/** What comes before each picture. Returns its length, at most MATROSKA_CLUSTER. */
size_t matroska_cluster(uint8_t *out, int64_t time_us, size_t picture_bytes);

#endif
