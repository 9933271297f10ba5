// How this program ends when it cannot go on: one line on standard error, and nothing left behind.
#ifndef FAIL_H
#define FAIL_H

/** Names a file to be removed however the program ends; NULL: none. */
void remove_at_end(const char *path);

/** Ends the program. */
_Noreturn void leave(int code);

/** Ends the program with code 1 and this line. */
_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
