#include "fail.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

static const char *volatile doomed;

void remove_at_end(const char *path) { doomed = path; }

// Also called by the handler of signals: nothing here takes a lock.
void leave(int code) {
  if (doomed != NULL) unlink(doomed);
  _exit(code);
}

void fail(const char *format, ...) {
  char text[512];
  va_list values;
  va_start(values, format);
  vsnprintf(text, sizeof text, format, values);
  va_end(values);
  dprintf(STDERR_FILENO, "frames: %s\n", text);
  leave(1);
}
