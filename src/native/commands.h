// What this program is told: one order per line of standard input.
#ifndef COMMANDS_H
#define COMMANDS_H

#include <stdbool.h>
#include <stdint.h>

typedef enum { NOTHING, OPEN, RATE, STEADY, KEYS, KEY, END, WRONG } Order;

typedef struct {
  Order order;
  double number;
} Command;

/** Pure: one line without its end. An empty line is NOTHING, one that makes no sense WRONG. */
Command command_parse(const char *line);

/** Reads what is there to be read. Returns false at the end of standard input. */
bool commands_read(void);

/** The next line that has been read; NULL: none. Valid until the next call. */
const char *commands_next(void);

#endif
