import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { EventParser } from '../../../pages/shared/event-parser.js';

const STREAM =
  ':\n\nevent: users\ndata: [{"uid":"1","note":"a: b"}]\n\n:\n\n:\n\nevent: end\ndata: {"why":"hub_lost"}\n\nevent: cut';
const EVENTS = [
  { name: 'users', data: '[{"uid":"1","note":"a: b"}]' },
  { name: 'end', data: '{"why":"hub_lost"}' },
];

describe('events of a server', () => {
  it('are what they are wherever the text is cut', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(STREAM.length)), (cuts) => {
        const parser = new EventParser();
        const places = [0, ...cuts.sort((a, b) => a - b), STREAM.length];
        const parts = places.slice(1).map((end, i) => STREAM.slice(places[i], end));
        assert.deepEqual(
          parts.flatMap((part) => parser.push(part)),
          EVENTS,
        );
      }),
    );
  });
});
