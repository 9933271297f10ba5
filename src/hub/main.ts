import { messageOf, RecorderError } from '../errors.ts';
import type { Identity } from '../types.ts';
import { Channels } from './channels.ts';
import type { FromHub, HubSettings, ToHub } from './link.ts';

/** The process of the hub: does what the service tells it, and ends with it. */
let channels: Promise<Channels> | null = null;

function tell(message: FromHub): void {
  if (process.connected) process.send?.(message, () => {});
}

async function open(settings: HubSettings): Promise<Channels> {
  const opened = await Channels.create({
    settings,
    events: {
      onUsers: (ids, users) => tell({ type: 'users', ids, users }),
      onTaken: (id) => tell({ type: 'taken', id }),
    },
    log: (level, text) => tell({ type: 'log', level, text }),
  });
  // All that has to be read has been; from here on packets of strangers are.
  if (settings.identity) become(settings.identity);
  return opened;
}

function become({ uid, gid }: Identity): void {
  process.setgroups?.([]);
  process.setgid?.(gid);
  process.setuid?.(uid);
}

async function onMessage(message: ToHub): Promise<void> {
  if (message.type === 'begin') {
    channels = open(message.settings);
    // Without its certificate the hub is of no use; the service starts another.
    channels.catch(() => process.exit(1));
    return;
  }
  const opened = await channels;
  if (opened) await obey(opened, message);
}

async function obey(opened: Channels, message: Exclude<ToHub, { type: 'begin' }>): Promise<void> {
  if (message.type === 'enter') return opened.roster.enter(message.id, message.member);
  if (message.type === 'leave') return opened.roster.leave(message.id);
  if (message.type === 'end') return tell({ type: 'ended', id: message.id, found: opened.end(message.session) });
  try {
    const { member, offer } = message;
    const session =
      message.type === 'publish'
        ? await opened.publish(member, offer)
        : await opened.view(member, message.publisher, message.layer, offer);
    tell({ type: 'session', id: message.id, session });
  } catch (error) {
    const code = error instanceof RecorderError ? error.code : 'internal';
    tell({ type: 'failed', id: message.id, code, message: messageOf(error) });
  }
}

process.on('message', (message: ToHub) => void onMessage(message));
process.on('disconnect', () => process.exit(0));
