/** What one document of the page is doing with media. */
export interface MediaReport {
  /** Things that want to be heard and have a stream of their own, or had until it broke. */
  readonly sounding: number;
  /** Things that may be heard: what they play may be silent, or share a stream with others. */
  readonly maybeSounding: number;
  /** Most pixels (width times height) of a video that plays. */
  readonly videoPixels: number;
  readonly webgl: boolean;
}

/**
 * Runs in every document before its own scripts, and tells by the binding what changes. Must be self-contained.
 *
 * A page must not notice: what it can reach stays as it was, or is a proxy, which has the same name, length and native look.
 * And only what no event of the DevTools protocol tells is looked at: elements that are not in the document have no events
 * there, and muted ones are not told apart.
 *
 * @param withWebgl look for WebGL too
 */
export function mediaScript(binding: string, withWebgl: boolean): void {
  const globals = globalThis as unknown as Record<string, unknown>;
  const tell = globals[binding] as ((text: string) => void) | undefined;
  delete globals[binding];
  if (!tell) return;

  const LOOK_MS = 1000;
  /** So long a broken thing counts; a page that leaves it at that wants silence. */
  const BROKEN_MS = 10_000;
  /** Sound is decoded ahead, some seconds at a time. */
  const DECODE_LOOKS = 3;
  const MEDIA_ERR_DECODE = 3;

  // Pages replace these, now and then.
  const { stringify } = JSON;
  const startTimer = setInterval.bind(globalThis);
  const { defineProperty, getOwnPropertyDescriptor } = Object;
  const { apply, construct } = Reflect;

  type Element = HTMLMediaElement & { readonly webkitAudioDecodedByteCount: number };
  interface Memory {
    time: number;
    bytes: number;
    /** Looks since the last sound was decoded. */
    idle: number;
    brokenAt: number | null;
  }
  let elements: WeakRef<Element>[] = [];
  let contexts: WeakRef<AudioContext>[] = [];
  const memories = new WeakMap<Element, Memory>();
  const brokenContexts = new WeakMap<AudioContext, number>();
  /** Elements that are heard through an AudioContext. */
  const routed = new WeakSet<object>();
  let webgl = false;
  let told = '';
  let looking = false;

  function look(): void {
    const all = elements.flatMap((ref) => ref.deref() ?? []).map((element) => lookAt(element));
    const heard = contexts.flatMap((ref) => ref.deref() ?? []).map((context) => voiceOf(context));
    elements = elements.filter((ref) => ref.deref());
    contexts = contexts.filter((ref) => ref.deref());
    const voices = [...all.map(({ voice }) => voice), ...heard];
    report({
      sounding: voices.filter((voice) => voice === 'sure').length,
      maybeSounding: voices.filter((voice) => voice === 'maybe').length,
      videoPixels: all.reduce((most, { pixels }) => Math.max(most, pixels), 0),
      webgl,
    });
  }

  function report(now: MediaReport): void {
    const text = stringify(now);
    if (text === told) return;
    told = text;
    tell?.(text);
  }

  type Voice = 'sure' | 'maybe' | 'none';

  function lookAt(element: Element): { voice: Voice; pixels: number } {
    const memory = memories.get(element);
    const plays = !element.paused && !element.ended && element.readyState >= 3;
    if (!memory) return { voice: 'none', pixels: 0 };
    const advances = element.currentTime !== memory.time;
    const decodes = element.webkitAudioDecodedByteCount > memory.bytes;
    memory.time = element.currentTime;
    memory.bytes = element.webkitAudioDecodedByteCount;
    memory.idle = decodes ? 0 : memory.idle + 1;
    const pixels = plays && element instanceof HTMLVideoElement ? element.videoWidth * element.videoHeight : 0;
    if (element.muted || element.volume === 0) return { voice: 'none', pixels };
    if (isBroken(element, memory)) return { voice: 'sure', pixels };
    if (!plays || !advances) return { voice: 'none', pixels };
    if (element.srcObject instanceof MediaStream) {
      const live = element.srcObject.getAudioTracks().some((track) => track.readyState === 'live' && !track.muted);
      return { voice: live ? 'maybe' : 'none', pixels };
    }
    if (memory.idle > DECODE_LOOKS) return { voice: 'none', pixels };
    return { voice: routed.has(element) ? 'maybe' : 'sure', pixels };
  }

  /** The stream that it was heard by has failed. */
  function isBroken({ error, srcObject }: Element, memory: Memory): boolean {
    const broken = error?.code === MEDIA_ERR_DECODE && (srcObject !== null || /AUDIO_RENDERER/.test(error.message));
    if (!broken) memory.brokenAt = null;
    else memory.brokenAt ??= performance.now();
    return memory.brokenAt !== null && performance.now() - memory.brokenAt < BROKEN_MS;
  }

  function voiceOf(context: AudioContext): Voice {
    if (context.state === 'running') return 'maybe';
    const brokenAt = brokenContexts.get(context);
    const wants = context.state !== 'closed' && brokenAt !== undefined && performance.now() - brokenAt < BROKEN_MS;
    return wants ? 'sure' : 'none';
  }

  function note(thing: unknown): void {
    if (!(thing instanceof HTMLMediaElement) || memories.has(thing as Element)) return;
    memories.set(thing as Element, { time: 0, bytes: 0, idle: 0, brokenAt: null });
    elements.push(new WeakRef(thing as Element));
    startLooking();
  }

  function noteContext(context: AudioContext): void {
    contexts.push(new WeakRef(context));
    context.addEventListener('error', () => brokenContexts.set(context, performance.now()));
    startLooking();
  }

  function startLooking(): void {
    if (looking) return;
    looking = true;
    startTimer(look, LOOK_MS);
  }

  type Callable = (...args: unknown[]) => unknown;

  /** Puts a proxy in the place of a function or class. */
  function replace(owner: object | undefined, name: string, handler: ProxyHandler<Callable>): void {
    const descriptor = owner && getOwnPropertyDescriptor(owner, name);
    if (typeof descriptor?.value !== 'function') return;
    defineProperty(owner, name, { ...descriptor, value: new Proxy(descriptor.value as Callable, handler) });
  }

  /** The same, of a class: its instances name it as their constructor. */
  function replaceClass(name: string, made: (instance: object, args: unknown[]) => void): void {
    const original = globals[name];
    replace(globals, name, {
      construct(target, args, newTarget) {
        const instance = construct(target, args, newTarget) as object;
        made(instance, args);
        return instance;
      },
    });
    const { prototype } = (original ?? {}) as { prototype?: object };
    if (prototype) defineProperty(prototype, 'constructor', { ...hidden, value: globals[name] });
  }

  const hidden = { writable: true, enumerable: false, configurable: true };

  function afterCall(
    owner: object | undefined,
    name: string,
    called: (args: unknown[], result: unknown) => void,
  ): void {
    replace(owner, name, {
      apply(target, self, args) {
        const result = apply(target, self, args);
        called(args, result);
        return result;
      },
    });
  }

  addEventListener('play', ({ target }) => note(target), true);
  addEventListener('playing', ({ target }) => note(target), true);
  replace(HTMLMediaElement.prototype, 'play', {
    apply(target, self, args) {
      note(self);
      return apply(target, self, args);
    },
  });
  replaceClass('AudioContext', (context) => noteContext(context as AudioContext));
  if ('webkitAudioContext' in globals)
    defineProperty(globals, 'webkitAudioContext', { ...hidden, value: AudioContext });
  replaceClass('MediaElementAudioSourceNode', (_node, [, options]) =>
    routed.add((options as MediaElementAudioSourceOptions).mediaElement),
  );
  afterCall(AudioContext.prototype, 'createMediaElementSource', ([element]) => routed.add(element as object));
  if (withWebgl) {
    const seen = ([type]: unknown[], context: unknown) => {
      webgl ||= context !== null && /^(experimental-)?webgl/.test(String(type));
      if (webgl) look();
    };
    afterCall(HTMLCanvasElement.prototype, 'getContext', seen);
    afterCall(OffscreenCanvas.prototype, 'getContext', seen);
  }
}
