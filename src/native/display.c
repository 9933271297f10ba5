#include "display.h"

#include <X11/Xlib.h>
#include <X11/Xutil.h>
#include <X11/extensions/XShm.h>
#include <X11/extensions/Xdamage.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <time.h>

#include "clock.h"
#include "fail.h"

/** How often a picture is taken anew because something was drawn elsewhere meanwhile. */
enum { TRIES = 4 };
/** A drawing older than this was not dated by the clock that is known here. */
enum { OLDEST_MS = 1000 };

typedef struct {
  Box box;
  int64_t when;
  /** The last request of ours that the display had seen. */
  unsigned long request;
} Drawing;

static struct {
  Display *x;
  Window root;
  XWindowAttributes screen;
  XShmSegmentInfo memory;
  int damage_notify;
  Box watched;
  /** What has been drawn and is in no picture, and when the latest of it was. */
  Box dirty;
  int64_t drawn;
} display = {.drawn = NEVER};

static int on_error(Display *x, XErrorEvent *error) {
  char text[128];
  XGetErrorText(x, error->error_code, text, sizeof text);
  fail("request %d to the display failed: %s", error->request_code, text);
}

static int on_loss(Display *x) {
  (void)x;
  fail("the display has gone");
}

static void check_pixels(void) {
  const Visual *visual = display.screen.visual;
  if (display.screen.depth != 24 || visual->red_mask != 0xff0000 || visual->green_mask != 0xff00 ||
      visual->blue_mask != 0xff || ImageByteOrder(display.x) != LSBFirst)
    fail("expected a display of 24 bits, red, green and blue, got %d bits", display.screen.depth);
}

/** Removed at once, so that it goes with the last of the two that use it; Linux lets the display in all the same. */
static void share_memory(void) {
  XShmSegmentInfo *memory = &display.memory;
  size_t bytes = (size_t)display.watched.width * display.watched.height * 4;
  memory->shmid = shmget(IPC_PRIVATE, bytes, IPC_CREAT | 0600);
  if (memory->shmid < 0) fail("expected %zu bytes of shared memory: %s", bytes, strerror(errno));
  memory->shmaddr = shmat(memory->shmid, NULL, 0);
  shmctl(memory->shmid, IPC_RMID, NULL);
  if (memory->shmaddr == (void *)-1) fail("expected to use shared memory: %s", strerror(errno));
  XShmAttach(display.x, memory);
  XSync(display.x, False);
}

/** Every drawing is told: what is put together from several cannot be told apart from its last one otherwise. */
static void watch_drawing(void) {
  int errors, major, minor;
  if (!XDamageQueryExtension(display.x, &display.damage_notify, &errors))
    fail("expected a display that tells of drawing");
  XDamageQueryVersion(display.x, &major, &minor);
  XDamageCreate(display.x, display.root, XDamageReportRawRectangles);
}

void display_open(int width, int height) {
  XSetErrorHandler(on_error);
  XSetIOErrorHandler(on_loss);
  display.x = XOpenDisplay(NULL);
  if (display.x == NULL) fail("expected a display at %s", XDisplayName(NULL));
  display.root = DefaultRootWindow(display.x);
  XGetWindowAttributes(display.x, display.root, &display.screen);
  display.watched = display.dirty = (Box){0, 0, width, height};
  if (width > display.screen.width || height > display.screen.height)
    fail("expected at most %dx%d, as the display has, got %dx%d", display.screen.width, display.screen.height, width,
         height);
  check_pixels();
  if (!XShmQueryExtension(display.x)) fail("expected a display that shares memory");
  share_memory();
  watch_drawing();
  display.drawn = now_us();
}

int display_descriptor(void) { return ConnectionNumber(display.x); }

static void add_drawn(Drawing drawing) {
  if (drawing.box.width == 0) return;
  display.dirty = box_around(display.dirty, drawing.box);
  display.drawn = drawing.when;
}

/**
 * When that was drawn which an event tells. The display's clock counts milliseconds since the machine's start; on a
 * busy machine an event is read some time after it was sent.
 */
static int64_t time_drawn(const XDamageNotifyEvent *event) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  uint32_t now_ms = (uint32_t)(now.tv_sec * 1000 + now.tv_nsec / 1000000);
  int32_t age_ms = (int32_t)(now_ms - (uint32_t)event->timestamp);
  // Below two milliseconds the reading is more exact than the display's clock.
  return now_us() - (age_ms >= 2 && age_ms <= OLDEST_MS ? age_ms * 1000 : 0);
}

/** Reads one event. Its box is empty if it does not tell of drawing where it is watched. */
static Drawing next_drawing(void) {
  XEvent event;
  XNextEvent(display.x, &event);
  if (event.type != display.damage_notify + XDamageNotify) return (Drawing){0};
  const XDamageNotifyEvent *notice = (const XDamageNotifyEvent *)&event;
  XRectangle area = notice->area;
  return (Drawing){
      .box = box_within((Box){area.x, area.y, area.width, area.height}, display.watched),
      .when = time_drawn(notice),
      .request = notice->serial,
  };
}

int64_t display_drawn(void) {
  for (int waiting = XPending(display.x); waiting > 0; waiting--) add_drawn(next_drawing());
  return display.drawn;
}

/** Returns the number of the request, by which events tell whether they came before or after it. */
static unsigned long grab(Box box) {
  XImage *image = XShmCreateImage(display.x, display.screen.visual, display.screen.depth, ZPixmap,
                                  display.memory.shmaddr, &display.memory, box.width, box.height);
  if (image == NULL || image->bits_per_pixel != 32) fail("expected pictures of 32 bits from the display");
  unsigned long request = NextRequest(display.x);
  if (!XShmGetImage(display.x, display.root, image, box.x, box.y, AllPlanes)) fail("the display gave no picture");
  image->data = NULL;
  XDestroyImage(image);
  return request;
}

/**
 * Looks at what was drawn while a box was grabbed. What came before the grab and lies within the box is in the picture
 * already. What came before and lies elsewhere belongs to the same picture, for it may be another part of one drawing.
 * Returns whether there is such.
 */
static bool sort_drawn(Box box, unsigned long request, int64_t *latest) {
  bool missed = false;
  for (int waiting = XPending(display.x); waiting > 0; waiting--) {
    Drawing drawing = next_drawing();
    bool before = drawing.request < request;
    if (before && drawing.box.width > 0) *latest = drawing.when;
    if (before && box_contains(box, drawing.box)) continue;
    add_drawn(drawing);
    missed |= before && drawing.box.width > 0;
  }
  return missed;
}

int64_t display_take(Picture *picture) {
  int64_t latest = display_drawn();
  for (int tries = 0; tries < TRIES && display.dirty.width > 0; tries++) {
    Box box = box_even(display.dirty);
    display.dirty = (Box){0, 0, 0, 0};
    display.drawn = NEVER;
    unsigned long request = grab(box);
    picture_put(picture, box, (const uint32_t *)display.memory.shmaddr);
    if (!sort_drawn(box, request, &latest)) break;
  }
  return latest;
}
