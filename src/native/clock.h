// Times are UTC in microseconds, as in the rest of a recording.
#ifndef CLOCK_H
#define CLOCK_H

#include <stdint.h>
#include <time.h>

/** Later than all times. */
#define NEVER INT64_MAX

static inline int64_t now_us(void) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

#endif
