/** Words shared by every folder. No logic. */

/** Width and height in pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Milliseconds since 1970-01-01 UTC, possibly with a fraction. */
export type UtcMs = number;

/** The unprivileged user that Chromium, display, sound and encoder run as when the service was started as root. */
export interface Identity {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}
