// An X client that draws what it is told, one order per line of standard input:
//
//   fill COLOUR X Y WIDTH HEIGHT       one rectangle of one colour (0xrrggbb), in one request
//   noise SEED X Y WIDTH HEIGHT        a rectangle of pixels that follow from the seed, in one request
//   flood COUNT PER_SECOND             so many whole pictures of one colour each, put in one request each
//
// Each order is answered with a line `done MICROSECONDS`, the time (UTC) after the display has drawn it. Like Chromium,
// it draws by shared memory into a window without borders.
#include <X11/Xlib.h>
#include <X11/Xutil.h>
#include <X11/extensions/XShm.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/shm.h>
#include <time.h>

static Display *x;
static Window window;
static GC gc;
static XImage *image;
static XShmSegmentInfo memory;
static int width, height;

static int64_t now_us(void) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void sleep_until(int64_t when) {
  struct timespec until = {when / 1000000, when % 1000000 * 1000};
  clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &until, NULL);
}

static void make_window(void) {
  XSetWindowAttributes attributes = {.override_redirect = True, .background_pixel = 0, .event_mask = ExposureMask};
  window = XCreateWindow(x, DefaultRootWindow(x), 0, 0, width, height, 0, CopyFromParent, InputOutput, CopyFromParent,
                         CWOverrideRedirect | CWBackPixel | CWEventMask, &attributes);
  XMapWindow(x, window);
  for (XEvent event; XNextEvent(x, &event), event.type != Expose;) continue;
  gc = XCreateGC(x, window, 0, NULL);
}

static void make_image(void) {
  XWindowAttributes attributes;
  XGetWindowAttributes(x, window, &attributes);
  image = XShmCreateImage(x, attributes.visual, attributes.depth, ZPixmap, NULL, &memory, width, height);
  memory.shmid = shmget(IPC_PRIVATE, (size_t)image->bytes_per_line * height, IPC_CREAT | 0600);
  memory.shmaddr = image->data = shmat(memory.shmid, NULL, 0);
  shmctl(memory.shmid, IPC_RMID, NULL);
  XShmAttach(x, &memory);
  XSync(x, False);
}

static void put(int left, int top, int wide, int high) {
  XShmPutImage(x, window, gc, image, left, top, left, top, wide, high, False);
  XSync(x, False);
}

static void fill(uint32_t colour, int left, int top, int wide, int high) {
  for (int row = top; row < top + high; row++)
    for (int column = left; column < left + wide; column++) ((uint32_t *)image->data)[row * width + column] = colour;
  put(left, top, wide, high);
}

static void noise(uint32_t seed, int left, int top, int wide, int high) {
  for (int row = top; row < top + high; row++)
    for (int column = left; column < left + wide; column++) {
      seed = seed * 1664525 + 1013904223;
      ((uint32_t *)image->data)[row * width + column] = seed >> 8;
    }
  put(left, top, wide, high);
}

/** Evenly; the pictures go through the greys, so that one that is half old is seen. */
static void flood(int count, double per_second) {
  int64_t start = now_us();
  for (int i = 0; i < count; i++) {
    sleep_until(start + i * 1e6 / per_second);
    fill(0x010101 * (i * 37 % 256), 0, 0, width, height);
  }
}

int main(int count, char **arguments) {
  x = XOpenDisplay(NULL);
  if (count != 3 || x == NULL) return 1;
  width = atoi(arguments[1]);
  height = atoi(arguments[2]);
  make_window();
  make_image();
  printf("ready\n");
  fflush(stdout);
  for (char line[256], word[16]; fgets(line, sizeof line, stdin);) {
    double number[5] = {0};
    int read = sscanf(line, "%15s %lf %lf %lf %lf %lf", word, number, number + 1, number + 2, number + 3, number + 4);
    if (read == 3 && strcmp(word, "flood") == 0) flood(number[0], number[1]);
    else if (read == 6 && strcmp(word, "fill") == 0) fill(number[0], number[1], number[2], number[3], number[4]);
    else if (read == 6 && strcmp(word, "noise") == 0) noise(number[0], number[1], number[2], number[3], number[4]);
    else return 1;
    printf("done %lld\n", (long long)now_us());
    fflush(stdout);
  }
  return 0;
}
