#include "queue.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/uio.h>
#include <unistd.h>

#include "clock.h"
#include "fail.h"
#include "matroska.h"

// Most of a picture: the fewer times writer and reader wait for each other, the less both cost. It is what the kernel
// allows to ordinary users.
enum { PIPE_BYTES = 1 << 20 };

typedef struct {
  Picture *picture;
  int64_t time, late_after;
} Entry;

struct Queue {
  const char *pipe;
  int width, height;
  double fps;
  int written;
  pthread_mutex_t lock;
  pthread_cond_t added;
  Entry entries[QUEUE_PICTURES];
  int first;
  QueueState state;
};

/** 0, or an error of write(2). */
static int write_all(int out, struct iovec *parts, int count) {
  while (count > 0) {
    ssize_t done = writev(out, parts, count);
    if (done < 0 && errno != EINTR) return errno;
    for (; done > 0 && count > 0 && (size_t)done >= parts->iov_len; count--) done -= parts++->iov_len;
    if (done > 0) {
      parts->iov_base = (char *)parts->iov_base + done;
      parts->iov_len -= done;
    }
  }
  return 0;
}

static int write_picture(int out, const Entry *entry) {
  uint8_t head[MATROSKA_CLUSTER];
  struct iovec parts[] = {
      {head, matroska_cluster(head, entry->time, entry->picture->bytes)},
      {entry->picture->data, entry->picture->bytes},
  };
  return write_all(out, parts, 2);
}

static int open_pipe(const Queue *queue) {
  int out = open(queue->pipe, O_WRONLY | O_CLOEXEC);
  if (out < 0) fail("expected to write into %s: %s", queue->pipe, strerror(errno));
  // Both ends are open: the name has served its purpose, and cannot be left behind.
  unlink(queue->pipe);
  remove_at_end(NULL);
  fcntl(out, F_SETPIPE_SZ, PIPE_BYTES);
  uint8_t head[MATROSKA_HEAD];
  struct iovec part = {head, matroska_head(head, queue->width, queue->height, queue->fps)};
  write_all(out, &part, 1);
  return out;
}

static Entry wait_for_entry(Queue *queue) {
  pthread_mutex_lock(&queue->lock);
  while (queue->state.queued == 0) pthread_cond_wait(&queue->added, &queue->lock);
  Entry entry = queue->entries[queue->first];
  pthread_mutex_unlock(&queue->lock);
  return entry;
}

static void tell_written(Queue *queue, const Entry *entry, int error) {
  pthread_mutex_lock(&queue->lock);
  queue->first = (queue->first + 1) % QUEUE_PICTURES;
  queue->state.queued--;
  queue->state.late += now_us() > entry->late_after;
  queue->state.error = error;
  pthread_mutex_unlock(&queue->lock);
  eventfd_write(queue->written, 1);
}

static void *write_pictures(void *argument) {
  Queue *queue = argument;
  int out = open_pipe(queue);
  for (int error = 0; error == 0;) {
    Entry entry = wait_for_entry(queue);
    error = write_picture(out, &entry);
    picture_release(entry.picture);
    tell_written(queue, &entry, error);
  }
  return NULL;
}

Queue *queue_start(const char *pipe, int width, int height, double fps) {
  static Queue queue;
  queue = (Queue){.pipe = pipe, .width = width, .height = height, .fps = fps};
  queue.written = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  pthread_mutex_init(&queue.lock, NULL);
  pthread_cond_init(&queue.added, NULL);
  pthread_t thread;
  int error = pthread_create(&thread, NULL, write_pictures, &queue);
  if (queue.written < 0 || error != 0) fail("expected a thread that writes: %s", strerror(error ? error : errno));
  pthread_detach(thread);
  return &queue;
}

int queue_descriptor(const Queue *queue) { return queue->written; }

QueueState queue_look(Queue *queue) {
  eventfd_t ignored;
  eventfd_read(queue->written, &ignored);
  pthread_mutex_lock(&queue->lock);
  QueueState state = queue->state;
  queue->state.late = 0;
  pthread_mutex_unlock(&queue->lock);
  return state;
}

void queue_add(Queue *queue, Picture *picture, int64_t time_us, int64_t late_after) {
  pthread_mutex_lock(&queue->lock);
  int slot = (queue->first + queue->state.queued++) % QUEUE_PICTURES;
  queue->entries[slot] = (Entry){picture_hold(picture), time_us, late_after};
  pthread_cond_signal(&queue->added);
  pthread_mutex_unlock(&queue->lock);
}
