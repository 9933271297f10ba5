#include "commands.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fail.h"

static const struct {
  const char *word;
  Order order;
  /** Orders without a number have none that is allowed. */
  double least, most;
} ORDERS[] = {
    {"open", OPEN, 0, 1e16}, {"rate", RATE, 0.1, 240}, {"steady", STEADY, 0, 1}, {"keys", KEYS, 0, 3600},
    {"key", KEY, 0, -1},     {"end", END, 0, 1e16},
};

static struct {
  char text[4096];
  size_t filled, taken;
} input;

Command command_parse(const char *line) {
  if (*line == '\0') return (Command){NOTHING, 0};
  size_t length = strcspn(line, " ");
  for (size_t i = 0; i < sizeof ORDERS / sizeof *ORDERS; i++) {
    if (strncmp(line, ORDERS[i].word, length) != 0 || ORDERS[i].word[length] != '\0') continue;
    if (ORDERS[i].least > ORDERS[i].most) return (Command){line[length] == '\0' ? ORDERS[i].order : WRONG, 0};
    char *rest;
    double number = strtod(line + length, &rest);
    bool right = rest != line + length && *rest == '\0' && number >= ORDERS[i].least && number <= ORDERS[i].most;
    return (Command){right ? ORDERS[i].order : WRONG, right ? number : 0};
  }
  return (Command){WRONG, 0};
}

bool commands_read(void) {
  memmove(input.text, input.text + input.taken, input.filled - input.taken);
  input.filled -= input.taken;
  input.taken = 0;
  if (input.filled == sizeof input.text) fail("expected an order of less than %zu characters", sizeof input.text);
  ssize_t count = read(STDIN_FILENO, input.text + input.filled, sizeof input.text - input.filled);
  if (count > 0) input.filled += count;
  return count > 0;
}

const char *commands_next(void) {
  char *line = input.text + input.taken;
  char *end = memchr(line, '\n', input.filled - input.taken);
  if (end == NULL) return NULL;
  *end = '\0';
  input.taken = end + 1 - input.text;
  return line;
}
