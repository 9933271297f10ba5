/** The environment of every child: enough to run, nothing of the service's own. */
export function childEnvironment(home: string, more: Readonly<Record<string, string>> = {}): Record<string, string> {
  const passed = ['PATH', 'TZ', 'LANG', 'LC_ALL', 'FONTCONFIG_PATH'];
  const kept = passed.flatMap((name) => (process.env[name] ? [[name, process.env[name]] as const] : []));
  return { PATH: '/usr/bin:/bin', LANG: 'C.UTF-8', ...Object.fromEntries(kept), HOME: home, TMPDIR: home, ...more };
}
