import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type SoundLook, SoundRule } from '../../../src/session/sound-rule.ts';

const SILENCE: SoundLook = { streams: 0, sounding: 0, maybeSounding: 0, heard: false };

/** @returns at which look it is called lost, counted from 0; -1: never. */
function lostAt(...looks: readonly (readonly [number, Partial<SoundLook>])[]): number {
  const rule = new SoundRule();
  const all = looks.flatMap(([times, look]) => Array.from({ length: times }, () => ({ ...SILENCE, ...look })));
  return all.findIndex((look) => rule.look(look));
}

describe('lost', () => {
  test('an element plays on without a stream', () => {
    assert.equal(lostAt([5, { streams: 1, sounding: 1, heard: true }], [9, { sounding: 1 }]), 8);
  });

  test('an element never got a stream', () => {
    assert.equal(lostAt([9, { sounding: 1 }]), 3);
  });

  test('the error comes a moment after the stream has gone', () => {
    const looks = [
      [5, { streams: 1, maybeSounding: 1, heard: true }],
      [1, {}],
      [9, { sounding: 1 }],
    ] as const;
    assert.equal(lostAt(...looks), 9);
  });

  test('a stream breaks off in the middle of sound, and what played it plays on', () => {
    assert.equal(lostAt([5, { streams: 1, maybeSounding: 2, heard: true }], [9, { maybeSounding: 2 }]), 8);
  });
});

describe('not lost', () => {
  test('nothing wants to be heard', () => {
    assert.equal(lostAt([99, {}]), -1);
  });

  test('it is heard, or silent on purpose', () => {
    assert.equal(lostAt([99, { streams: 1, sounding: 1, heard: true }], [99, { streams: 1, sounding: 1 }]), -1);
  });

  test('the stream comes back within seconds', () => {
    const gap = [3, { sounding: 1 }] as const;
    const playing = [5, { streams: 1, sounding: 1 }] as const;
    assert.equal(lostAt(playing, gap, playing, gap, playing), -1);
  });

  test('a silent AudioContext lost its stream, as it does after half a minute', () => {
    const looks = [
      [5, { streams: 1, maybeSounding: 1, heard: true }],
      [30, { streams: 1, maybeSounding: 1 }],
      [60, { maybeSounding: 1 }],
    ] as const;
    assert.equal(lostAt(...looks), -1);
  });

  test('what was heard was stopped, while an AudioContext runs on in silence', () => {
    const looks = [
      [60, { maybeSounding: 1 }],
      [5, { streams: 1, sounding: 1, maybeSounding: 1, heard: true }],
      [60, { maybeSounding: 1 }],
    ] as const;
    assert.equal(lostAt(...looks), -1);
  });

  test('users of a channel talk, pause and leave, while what mixes them runs on', () => {
    const looks = [
      [40, { maybeSounding: 1 }],
      [5, { streams: 1, maybeSounding: 3, heard: true }],
      [30, { streams: 1, maybeSounding: 3 }],
      [60, { maybeSounding: 3 }],
      [5, { streams: 1, maybeSounding: 3, heard: true }],
      [30, { streams: 1, maybeSounding: 1 }],
      [60, { maybeSounding: 1 }],
    ] as const;
    assert.equal(lostAt(...looks), -1);
  });
});
