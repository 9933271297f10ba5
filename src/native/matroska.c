#include "matroska.h"

#include <string.h>

enum {
  EBML = 0x1a45dfa3, DOC_TYPE = 0x4282, DOC_TYPE_VERSION = 0x4287, DOC_TYPE_READ_VERSION = 0x4285,
  SEGMENT = 0x18538067,
  INFO = 0x1549a966, TIMESTAMP_SCALE = 0x2ad7b1, MUXING_APP = 0x4d80, WRITING_APP = 0x5741,
  TRACKS = 0x1654ae6b, TRACK_ENTRY = 0xae, TRACK_NUMBER = 0xd7, TRACK_UID = 0x73c5, TRACK_TYPE = 0x83,
  FLAG_LACING = 0x9c, DEFAULT_DURATION = 0x23e383, CODEC_ID = 0x86,
  VIDEO = 0xe0, PIXEL_WIDTH = 0xb0, PIXEL_HEIGHT = 0xba, UNCOMPRESSED_FOURCC = 0x2eb524,
  COLOUR = 0x55b0, MATRIX_COEFFICIENTS = 0x55b1, BITS_PER_CHANNEL = 0x55b2, CHROMA_SITING_HORZ = 0x55b7,
  CHROMA_SITING_VERT = 0x55b8, RANGE = 0x55b9, TRANSFER_CHARACTERISTICS = 0x55ba, PRIMARIES = 0x55bb,
  CLUSTER = 0x1f43b675, TIMESTAMP = 0xe7, SIMPLE_BLOCK = 0xa3,
};

static uint8_t *put_bytes(uint8_t *at, const void *bytes, size_t count) {
  memcpy(at, bytes, count);
  return at + count;
}

static uint8_t *put_number(uint8_t *at, uint64_t value, int bytes) {
  for (int i = bytes - 1; i >= 0; i--) *at++ = value >> (8 * i);
  return at;
}

/** The identifier of an element: its length is in its first bits. */
static uint8_t *put_id(uint8_t *at, uint32_t id) {
  int bytes = id > 0xffffff ? 4 : id > 0xffff ? 3 : id > 0xff ? 2 : 1;
  return put_number(at, id, bytes);
}

/** The size of an element, always in eight bytes. */
static uint8_t *put_size(uint8_t *at, uint64_t size) { return put_number(at, size | 1ull << 56, 8); }

static uint8_t *put_unsigned(uint8_t *at, uint32_t id, uint64_t value) {
  return put_number(put_size(put_id(at, id), 8), value, 8);
}

/** A number below 256 with the shorter head that all programs write. */
static uint8_t *put_small(uint8_t *at, uint32_t id, uint8_t value) {
  at = put_id(at, id);
  *at++ = 0x81;
  *at++ = value;
  return at;
}

static uint8_t *put_text(uint8_t *at, uint32_t id, const char *text) {
  size_t length = strlen(text);
  at = put_id(at, id);
  *at++ = 0x80 | length;
  return put_bytes(at, text, length);
}

/** Starts an element whose size is told when it ends. */
static uint8_t *begin(uint8_t *at, uint32_t id, uint8_t **size) {
  *size = put_id(at, id);
  return *size + 8;
}

static void end(uint8_t *size, uint8_t *at) { put_size(size, at - size - 8); }

static uint8_t *put_colour(uint8_t *at) {
  uint8_t *size;
  at = begin(at, COLOUR, &size);
  at = put_small(at, MATRIX_COEFFICIENTS, 1);       // BT.709
  at = put_small(at, BITS_PER_CHANNEL, 8);
  at = put_small(at, CHROMA_SITING_HORZ, 2);        // in the middle of its pixels
  at = put_small(at, CHROMA_SITING_VERT, 2);
  at = put_small(at, RANGE, 1);                     // limited
  at = put_small(at, TRANSFER_CHARACTERISTICS, 1);
  at = put_small(at, PRIMARIES, 1);
  end(size, at);
  return at;
}

static uint8_t *put_track(uint8_t *at, int width, int height, double fps) {
  uint8_t *entry, *video;
  at = begin(at, TRACK_ENTRY, &entry);
  at = put_small(at, TRACK_NUMBER, 1);
  at = put_small(at, TRACK_UID, 1);
  at = put_small(at, TRACK_TYPE, 1);
  at = put_small(at, FLAG_LACING, 0);
  at = put_unsigned(at, DEFAULT_DURATION, (uint64_t)(1e9 / fps + 0.5));
  at = put_text(at, CODEC_ID, "V_UNCOMPRESSED");
  at = begin(at, VIDEO, &video);
  at = put_unsigned(at, PIXEL_WIDTH, width);
  at = put_unsigned(at, PIXEL_HEIGHT, height);
  at = put_text(at, UNCOMPRESSED_FOURCC, "I420");
  at = put_colour(at);
  end(video, at);
  end(entry, at);
  return at;
}

size_t matroska_head(uint8_t *out, int width, int height, double fps) {
  uint8_t *size, *at = begin(out, EBML, &size);
  at = put_text(at, DOC_TYPE, "matroska");
  at = put_small(at, DOC_TYPE_VERSION, 4);
  at = put_small(at, DOC_TYPE_READ_VERSION, 2);
  end(size, at);
  // Of unknown size: it lasts as long as the pipe.
  at = put_number(put_id(at, SEGMENT), 0x01ffffffffffffff, 8);
  at = begin(at, INFO, &size);
  // A tick is 1000 ns, so ffmpeg counts this stream in microseconds.
  at = put_unsigned(at, TIMESTAMP_SCALE, 1000);
  at = put_text(at, MUXING_APP, "frames");
  at = put_text(at, WRITING_APP, "frames");
  end(size, at);
  at = begin(at, TRACKS, &size);
  at = put_track(at, width, height, fps);
  end(size, at);
  return at - out;
}

size_t matroska_cluster(uint8_t *out, int64_t time_us, size_t picture_bytes) {
  uint8_t *size, *at = begin(out, CLUSTER, &size);
  at = put_unsigned(at, TIMESTAMP, time_us);
  const uint8_t head[] = {0x81, 0, 0, 0x80};  // track 1, at the cluster's time, decodable by itself
  at = put_size(put_id(at, SIMPLE_BLOCK), sizeof head + picture_bytes);
  at = put_bytes(at, head, sizeof head);
  put_size(size, at - size - 8 + picture_bytes);
  return at - out;
}
