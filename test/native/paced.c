// Plays a pacer through made-up time. Argument: the rate. Standard input has one event per line, in order of time:
//
//   TIME open FROM | TIME rate N | TIME steady 0|1 | TIME keys S | TIME key | TIME drawn | TIME until | TIME end
//
// For each picture that is given: `given NOW TIME KEY NEW`.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/native/clock.h"
#include "../../src/native/pacer.h"

static Pacer pacer;
static int64_t drawn = NEVER, clock_us;

static void tell(int64_t now, Given given, bool new) {
  printf("given %lld %lld %d %d\n", (long long)now, (long long)given.time, given.key, new);
}

/** Gives what is due before this moment. */
static void run_until(int64_t moment) {
  for (int64_t due; (due = pacer_due(&pacer, drawn)) < moment; drawn = NEVER) {
    // What is due since before it was known is given when it is known.
    int64_t now = clock_us > due ? clock_us : due;
    tell(now, pacer_give(&pacer, now, drawn), drawn != NEVER);
  }
  clock_us = moment;
}

int main(int count, char **arguments) {
  if (count != 2) return 1;
  pacer = pacer_new(atof(arguments[1]));
  Given armed = pacer_arm(&pacer, 1000);
  printf("armed %lld %d\n", (long long)armed.time, armed.key);
  long long time;
  double number;
  char word[16];
  for (char line[128]; fgets(line, sizeof line, stdin);) {
    number = 0;
    if (sscanf(line, "%lld %15s %lf", &time, word, &number) < 2) return 1;
    run_until(time);
    if (strcmp(word, "open") == 0) pacer_open(&pacer, number);
    else if (strcmp(word, "rate") == 0) pacer_rate(&pacer, number);
    else if (strcmp(word, "steady") == 0) pacer_steady(&pacer, number != 0);
    else if (strcmp(word, "keys") == 0) pacer_keys(&pacer, number);
    else if (strcmp(word, "key") == 0) pacer_key(&pacer);
    else if (strcmp(word, "drawn") == 0) drawn = time;
    else if (strcmp(word, "end") == 0) {
      if (pacer_rests(&pacer, time)) tell(time, pacer_last(&pacer, time), false);
      tell(time, pacer_end(&pacer, time), false);
    } else if (strcmp(word, "until") != 0) return 1;
  }
  return 0;
}
