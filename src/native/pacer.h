// Which pictures are given, and when. Pure: it neither looks at a clock nor at a display.
//
// Given is what was drawn, as soon as it was, but at most so many a second; and again what was given last: soon after
// the last change, so that an encoder that waits for the next picture lets go of this one, later once a second. When a
// steady rate is wanted, each gap is filled instead.
//
// A key picture has an odd time, all others an even one: the time is all that ffmpeg passes on.
#ifndef PACER_H
#define PACER_H

#include <stdbool.h>
#include <stdint.h>

typedef struct {
  double interval;
  bool steady;
  /** From when on pictures are given; NEVER until told. */
  int64_t opens;
  bool opened;
  /** Time of the picture that was given last. */
  int64_t last;
  /** When the next picture would come if they came evenly; counted from `opens`, to lose no fraction in hours. */
  double regular;
  /** How often the last picture is soon to be given again. */
  int repeats;
  /** Between key pictures; 0: none but those asked for. */
  int64_t key_every;
  int64_t next_key;
  bool key_asked;
} Pacer;

typedef struct {
  int64_t time;
  bool key;
} Given;

Pacer pacer_new(double fps);

/** The first picture of all, taken at this moment; it comes before those that are wanted. */
Given pacer_arm(Pacer *pacer, int64_t now);

void pacer_open(Pacer *pacer, int64_t from);
void pacer_rate(Pacer *pacer, double fps);
void pacer_steady(Pacer *pacer, bool steady);
void pacer_keys(Pacer *pacer, double seconds);
void pacer_key(Pacer *pacer);

/** When the next picture is to be given. @param drawn when that was drawn which is not yet given; NEVER: nothing was */
int64_t pacer_due(const Pacer *pacer, int64_t drawn);

/** A picture is given now. @param drawn when that was drawn which it shows first; NEVER: it shows nothing new */
Given pacer_give(Pacer *pacer, int64_t now, int64_t drawn);

/** Has nothing been given for so long before this moment that the last picture should be told once more? */
bool pacer_rests(const Pacer *pacer, int64_t moment);

/** The last picture before this moment, so that it lasts one interval like any other. */
Given pacer_last(Pacer *pacer, int64_t moment);

/** The last picture of all: its time is not before this moment. */
Given pacer_end(Pacer *pacer, int64_t moment);

#endif
