import { defineConfig } from '@playwright/test';

// Each test records for some seconds, so most of its time is waiting; three at a time keep two cores busy, not overloaded.
export default defineConfig({
  testDir: 'e2e',
  timeout: 90_000,
  workers: 3,
  // A machine that stands still for seconds fails a recording that is right. What passes only at its second try is listed as
  // flaky at the end, for somebody to look into.
  retries: 1,
  fullyParallel: true,
  forbidOnly: true,
  reporter: [['list']],
});
