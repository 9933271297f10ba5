// Pictures on their way into the pipe. A thread of its own writes them, so that an encoder that is starved for a moment
// does not keep the next picture from being taken.
#ifndef QUEUE_H
#define QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include "picture.h"

/** More never wait. */
enum { QUEUE_PICTURES = 16 };

typedef struct Queue Queue;

typedef struct {
  /** Pictures that wait or are being written. */
  int queued;
  /** Pictures that were written later than they should have been, since the last look. */
  int late;
  /** Nobody reads any more: an error of write(2); 0: somebody does. */
  int error;
} QueueState;

/** Opens the pipe as soon as somebody reads it, removes its name, and starts its stream. Fails loudly. */
Queue *queue_start(const char *pipe, int width, int height, double fps);

/** Readable when pictures have been written since the last look. */
int queue_descriptor(const Queue *queue);

QueueState queue_look(Queue *queue);

/** Holds the picture until it is written, which should be done by `late_after`. The queue must not be full. */
void queue_add(Queue *queue, Picture *picture, int64_t time_us, int64_t late_after);

#endif
