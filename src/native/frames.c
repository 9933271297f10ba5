// Pictures of an X display for an encoder, taken when something has been drawn.
//
//   frames --size WxH --fps N --out PIPE          display and authority are in the environment
//
// A static page costs next to nothing: this program sleeps until the display tells of drawing, takes what has changed
// by shared memory, converts that, and writes the picture with its time into a pipe, as Matroska. Once started it takes
// one picture and says `armed`: the pipe is there, and whoever reads it has all it needs to open an encoder. Orders,
// one per line of standard input, times in microseconds of UTC:
//
//   open TIME    give what is there at this moment, as a key picture, and what is drawn from then on
//   rate N       at most N pictures a second
//   steady 0|1   as many although nothing has changed; else at least one
//   keys S       a key picture every S seconds; 0: none but those that are asked for
//   key          give a key picture now
//   end TIME     give a last picture whose time is not before this moment, and end
//
// Once a second it says what it did: `pictures 30 queued 0 late 0 lost 0`: given, now waiting to be
// written, written later than an interval after they were given, and drawn but never given because too many waited.
// When standard input ends, so does it, at once.
// Exit codes: 0 ended as told, 1 failed, with one line on standard error, 2 wrong arguments, 3 nobody reads the pictures any more.
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "commands.h"
#include "display.h"
#include "fail.h"
#include "pacer.h"
#include "picture.h"
#include "queue.h"

enum { SECOND = 1000000, STOOD_STILL = 5 * SECOND, MOST_PIXELS = 16384 };

static struct {
  Pacer pacer;
  Picture *picture;
  Queue *queue;
  QueueState state;
  /** When to end, and whether the last picture has been given. */
  int64_t ends;
  bool ended;
  /** When that was drawn which is due but finds the queue full; NEVER: the queue is not full. */
  int64_t held;
  /** What is told once a second. */
  int pictures, late, lost;
  int64_t reports;
  /** When it was looked what is due. */
  int64_t looked;
} run = {.ends = NEVER, .held = NEVER, .reports = NEVER};

static void add_to_queue(Given given) {
  queue_add(run.queue, run.picture, given.time, now_us() + (int64_t)run.pacer.interval);
  run.state.queued++;
  run.pictures++;
  run.held = NEVER;
}

/** Returns when what is new was drawn. */
static int64_t take_picture(void) {
  if (display_drawn() == NEVER) return NEVER;
  run.picture = picture_alone(run.picture);
  if (run.picture == NULL) fail("expected memory for a picture");
  return display_take(run.picture);
}

static void give_picture(void) {
  int64_t drawn = take_picture();
  add_to_queue(pacer_give(&run.pacer, now_us(), drawn));
}

static void give_last(void) {
  if (display_drawn() != NEVER) give_picture();
  else if (pacer_rests(&run.pacer, run.ends)) add_to_queue(pacer_last(&run.pacer, run.ends));
  add_to_queue(pacer_end(&run.pacer, run.ends));
  run.ended = true;
}

/** A drawing that has not been taken is overtaken by another. */
static void count_lost(int64_t drawn) {
  if (drawn == NEVER) return;
  if (run.held != NEVER && drawn >= run.held + run.pacer.interval / 2) run.lost++;
  if (run.held == NEVER || drawn >= run.held + run.pacer.interval / 2) run.held = drawn;
}

static void look_at_queue(void) {
  run.state = queue_look(run.queue);
  run.late += run.state.late;
  if (run.state.error == EPIPE) {
    dprintf(STDERR_FILENO, "frames: nobody reads the pictures any more\n");
    leave(3);
  }
  if (run.state.error != 0) fail("expected to write pictures: %s", strerror(run.state.error));
  if (run.ended && run.state.queued == 0) leave(0);
}

static void report(int64_t now) {
  if (now < run.reports) return;
  dprintf(STDOUT_FILENO, "pictures %d queued %d late %d lost %d\n", run.pictures, run.state.queued, run.late, run.lost);
  run.pictures = run.late = run.lost = 0;
  run.reports = now + SECOND;
}

static void follow(const char *line) {
  Command command = command_parse(line);
  double number = command.number;
  switch (command.order) {
    case NOTHING: break;
    case OPEN: pacer_open(&run.pacer, number); run.reports = now_us() + SECOND; break;
    case RATE: pacer_rate(&run.pacer, number); break;
    case STEADY: pacer_steady(&run.pacer, number != 0); break;
    case KEYS: pacer_keys(&run.pacer, number); break;
    case KEY: pacer_key(&run.pacer); break;
    case END:
      if (run.pacer.opens == NEVER) leave(0);
      run.ends = number;
      break;
    case WRONG: fail("expected an order, got: %s", line);
  }
}

static void read_orders(void) {
  if (!commands_read()) leave(0);
  for (const char *line; (line = commands_next()) != NULL;) follow(line);
}

/** Sleeps until there is something to do. */
static void wait_until(int64_t due) {
  struct pollfd inputs[] = {
      {.fd = STDIN_FILENO, .events = POLLIN},
      {.fd = display_descriptor(), .events = POLLIN},
      {.fd = queue_descriptor(run.queue), .events = POLLIN},
  };
  int64_t left = due - now_us();
  struct timespec rest = {left / SECOND, left % SECOND * 1000};
  if (left > 0) ppoll(inputs, 3, due == NEVER ? NULL : &rest, NULL);
  else ppoll(inputs, 3, &(struct timespec){0}, NULL);
  if (inputs[0].revents) read_orders();
}

/** Sound goes by the same clock: where that was set, or the machine was asleep, both have to begin anew. */
static void mind_clock(int64_t now) {
  int64_t passed = now - run.looked;
  if (run.pacer.opened && (passed < -SECOND || passed > STOOD_STILL))
    fail("the clock went on by %.1f s from one moment to the next", passed / (double)SECOND);
  run.looked = now;
}

/** Does what is due. Returns when there is more to do. */
static int64_t step(void) {
  int64_t drawn = display_drawn(), now = now_us();
  mind_clock(now);
  look_at_queue();
  report(now);
  if (run.ended) return run.reports;
  // Told both at once, it opens first.
  bool ending = now >= run.ends && (run.pacer.opened || run.pacer.opens > now);
  int64_t due = ending ? run.ends : pacer_due(&run.pacer, drawn);
  if (due <= now) {
    // The last picture comes with the one before it.
    if (run.state.queued > QUEUE_PICTURES - 2) {
      count_lost(drawn);
      return run.reports;
    }
    if (ending) give_last();
    else give_picture();
    return now;
  }
  if (run.ends < due) due = run.ends;
  return due < run.reports ? due : run.reports;
}

static void on_signal(int number) { leave(128 + number); }

static void make_pipe(const char *path) {
  unlink(path);
  if (mkfifo(path, 0600) != 0) fail("expected to make the pipe %s: %s", path, strerror(errno));
  remove_at_end(path);
}

static void arm(const char *pipe, int width, int height, double fps) {
  run.pacer = pacer_new(fps);
  run.picture = picture_new(width, height);
  display_open(width, height);
  take_picture();
  make_pipe(pipe);
  run.queue = queue_start(pipe, width, height, fps);
  queue_add(run.queue, run.picture, pacer_arm(&run.pacer, now_us()).time, NEVER);
  dprintf(STDOUT_FILENO, "armed\n");
}

static _Noreturn void refuse(void) {
  dprintf(STDERR_FILENO, "frames: expected --size WIDTHxHEIGHT --fps N --out PIPE\n");
  leave(2);
}

int main(int count, char **arguments) {
  int width = 0, height = 0;
  double fps = 0;
  const char *pipe = NULL;
  for (int i = 1; i < count; i += 2) {
    const char *name = arguments[i], *value = i + 1 < count ? arguments[i + 1] : "";
    int end = 0;
    bool understood = false;
    if (strcmp(name, "--size") == 0)
      understood = sscanf(value, "%dx%d%n", &width, &height, &end) == 2 && value[end] == '\0';
    else if (strcmp(name, "--fps") == 0)
      understood = sscanf(value, "%lf%n", &fps, &end) == 1 && value[end] == '\0';
    else if (strcmp(name, "--out") == 0)
      understood = *(pipe = value) != '\0';
    if (!understood) refuse();
  }
  bool right = width >= 2 && height >= 2 && width <= MOST_PIXELS && height <= MOST_PIXELS && fps >= 0.1 && fps <= 240;
  if (!right || pipe == NULL) refuse();

  signal(SIGPIPE, SIG_IGN);
  signal(SIGTERM, on_signal);
  signal(SIGINT, on_signal);
  signal(SIGHUP, on_signal);
  // The last line or column of an odd size is left out: encoders know even ones only.
  arm(pipe, width & ~1, height & ~1, fps);
  for (;;) wait_until(step());
}
