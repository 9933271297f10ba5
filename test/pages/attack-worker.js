// The service worker of attack.html.
const to = new URL(location.href).searchParams.get('to');
addEventListener('install', (event) => event.waitUntil(fetch(to, { mode: 'no-cors' }).catch(() => {})));
