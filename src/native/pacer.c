#include "pacer.h"

#include "clock.h"

enum { SECOND = 1000000, REPEATS = 2 };

// Pictures may come so many intervals early, to make up for others that came late: what is drawn evenly is seen
// unevenly.
#define AHEAD 2
#define AHEAD_AT_MOST (SECOND / 5)
#define LEAST_APART 0.2
// Clocks differ: a page that draws at the very rate that is asked for must not lose a picture every few minutes.
#define TOLERANCE 0.999
// A page that draws every second or third time is not done: its last picture is repeated after a longer pause only.
#define QUIET 3.5
#define QUIET_AT_MOST (SECOND / 4)
// A steady rate makes up for so many pictures at most.
#define MAKE_UP 16

static int64_t later(int64_t a, int64_t b) { return a > b ? a : b; }
static int64_t earlier(int64_t a, int64_t b) { return a < b ? a : b; }

Pacer pacer_new(double fps) {
  return (Pacer){
      .interval = SECOND / fps,
      .opens = NEVER,
      .key_every = 2 * SECOND,
      .next_key = NEVER,
  };
}

static int64_t intervals(const Pacer *pacer, double count) { return pacer->interval * count; }

/** The moment when the next picture would come if they came evenly, or so many intervals after it. */
static int64_t regular(const Pacer *pacer, double off) {
  return pacer->opens + (int64_t)(pacer->regular + off * pacer->interval);
}

/**
 * After a stall a page draws what it owes in quick succession, and each of it counts; behind a picture that shows nothing new
 * there is nothing to wait for.
 */
static int64_t soonest_next(const Pacer *pacer) {
  return pacer->last + intervals(pacer, pacer->repeats == REPEATS ? LEAST_APART : LEAST_APART / 10);
}

/** What is drawn now may be given, although it is early. */
static int64_t soonest_regular(const Pacer *pacer) {
  return regular(pacer, 0) - earlier(intervals(pacer, AHEAD), AHEAD_AT_MOST);
}

/** The next regular picture comes an interval after the last one. */
static void restart_grid(Pacer *pacer) {
  if (pacer->opened) pacer->regular = pacer->last - pacer->opens + pacer->interval;
}

/** Sets the time of a picture: later than all before, odd if it is a key picture. */
static Given stamp(Pacer *pacer, int64_t time, bool key) {
  time = later(time, pacer->last + 1);
  if ((time & 1) != key) time++;
  pacer->last = time;
  return (Given){.time = time, .key = key};
}

// Not marked: an encoder's first picture is a key picture by itself. And ffmpeg, asked which pictures are to be key
// pictures, counts from the time of the first, which must therefore be even.
Given pacer_arm(Pacer *pacer, int64_t now) { return stamp(pacer, now, false); }

void pacer_open(Pacer *pacer, int64_t from) {
  if (pacer->opened) return;
  pacer->opens = from;
}

void pacer_rate(Pacer *pacer, double fps) {
  pacer->interval = SECOND / fps;
  restart_grid(pacer);
}

void pacer_steady(Pacer *pacer, bool steady) {
  if (pacer->steady == steady) return;
  pacer->steady = steady;
  restart_grid(pacer);
}

void pacer_keys(Pacer *pacer, double seconds) {
  pacer->key_every = seconds * SECOND;
  if (pacer->opened) pacer->next_key = pacer->key_every > 0 ? pacer->last + pacer->key_every : NEVER;
}

void pacer_key(Pacer *pacer) { pacer->key_asked = true; }

/** When a page that draws has paused for so long that it is taken to be done. */
static int64_t quiet_from(const Pacer *pacer) {
  int64_t pause = later(intervals(pacer, 2), earlier(intervals(pacer, QUIET), QUIET_AT_MOST));
  return pacer->last + earlier(pause, SECOND);
}

static int64_t repeat_due(const Pacer *pacer) {
  if (pacer->steady) return regular(pacer, 1);
  if (pacer->repeats == REPEATS) return quiet_from(pacer);
  return pacer->last + (pacer->repeats > 0 ? earlier(intervals(pacer, 1), SECOND) : SECOND);
}

/** While a page draws, its own next picture will be the key picture. */
static int64_t key_due(const Pacer *pacer) {
  return pacer->next_key == NEVER ? NEVER : later(pacer->next_key, quiet_from(pacer));
}

int64_t pacer_due(const Pacer *pacer, int64_t drawn) {
  if (!pacer->opened) return pacer->opens;
  int64_t due = earlier(repeat_due(pacer), key_due(pacer));
  if (drawn != NEVER) due = earlier(due, soonest_regular(pacer));
  if (pacer->key_asked) due = 0;
  return later(due, soonest_next(pacer));
}

/** Is this picture to be a key picture? */
static bool take_key(Pacer *pacer, int64_t time) {
  bool key = pacer->key_asked;
  pacer->key_asked = false;
  while (pacer->next_key != NEVER && pacer->next_key <= time + intervals(pacer, 0.5)) {
    pacer->next_key += pacer->key_every;
    key = true;
  }
  return key;
}

static Given give_first(Pacer *pacer) {
  pacer->opened = true;
  pacer->key_asked = false;
  pacer->repeats = REPEATS;
  Given given = stamp(pacer, pacer->opens, true);
  pacer->next_key = pacer->key_every > 0 ? given.time + pacer->key_every : NEVER;
  restart_grid(pacer);
  return given;
}

/** Where a picture that shows nothing new belongs. */
static int64_t place_of_repeat(const Pacer *pacer, int64_t now) {
  return pacer->steady ? earlier(now, later(regular(pacer, 0), pacer->last + intervals(pacer, 1))) : now;
}

static void count_picture(Pacer *pacer, int64_t now) {
  if (!pacer->steady) {
    double since = pacer->last - pacer->opens;
    pacer->regular = (pacer->regular > since ? pacer->regular : since) + pacer->interval * TOLERANCE;
    return;
  }
  pacer->regular += pacer->interval;
  if (regular(pacer, MAKE_UP) < now) pacer->regular = now - pacer->opens;
}

Given pacer_give(Pacer *pacer, int64_t now, int64_t drawn) {
  if (!pacer->opened) return give_first(pacer);
  int64_t time = drawn == NEVER ? place_of_repeat(pacer, now) : later(drawn, soonest_next(pacer));
  if (drawn != NEVER) pacer->repeats = REPEATS;
  else if (pacer->repeats > 0) pacer->repeats--;
  Given given = stamp(pacer, time, take_key(pacer, time));
  count_picture(pacer, now);
  return given;
}

bool pacer_rests(const Pacer *pacer, int64_t moment) { return moment - pacer->last > intervals(pacer, 1.5); }

Given pacer_last(Pacer *pacer, int64_t moment) { return stamp(pacer, moment - intervals(pacer, 1), false); }

Given pacer_end(Pacer *pacer, int64_t moment) { return stamp(pacer, moment, false); }
