export const USAGE = `tapehead records web pages.

  tapehead record URL --out FILE.mp4 [options]   record one page into a file
  tapehead serve [options]                       run the HTTP service

Options of record:
  --out FILE.mp4        where the recording goes; needed
  --duration TIME       how long: 30s, 10m, 1.5h; default: until Ctrl-C
  --size WIDTHxHEIGHT   240 to 1920 each, 1920x1080 pixels at most; default 1280x720
  --fps N               5 to 60; default 30
  --bitrate KBPS        50 to 8000; default 2000 from 1280x720 on, else 1500
  --mobile              show the page as on a phone
  --ready-timeout S     start when the page calls navigator.notifyReady(), 1 to 60
  --hls DIR             keep HLS slices and playlist in this folder too
  --steady-rate         a picture at each interval although nothing has changed
  --json                print one JSON summary on standard output
  --no-sandbox          run Chromium without its sandbox, where the kernel allows none

Options of serve:
  --port N              default 8080
  --host ADDRESS        default 127.0.0.1
  --data DIR            recordings and state; default ./data
  --config FILE.json    further settings
`;
