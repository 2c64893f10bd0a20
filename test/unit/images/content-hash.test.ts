import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ContextFile } from '../../../src/images/server/build-context.ts';
import { contentHash, type ImageInputs } from '../../../src/images/server/content-hash.ts';

const file = (path: string, contents: string, executable = false): ContextFile => ({ path, contents: Buffer.from(contents), executable });

const inputs: ImageInputs = {
  name: 'toolbox',
  files: [file('Dockerfile', 'FROM scratch'), file('run', 'echo', true)],
  needs: new Map([
    ['base', '1111'],
    ['tool-cosign', '2222'],
  ]),
  settings: ['trixie'],
};

describe('the content hash of an image', () => {
  it('is 16 hexadecimal digits', () => {
    assert.match(contentHash(inputs), /^[0-9a-f]{16}$/);
  });

  const changes: Record<string, Partial<ImageInputs>> = {
    'another name': { name: 'link' },
    'other contents': { files: [file('Dockerfile', 'FROM scratch '), file('run', 'echo', true)] },
    'another path': { files: [file('Dockerfile', 'FROM scratch'), file('ran', 'echo', true)] },
    'another mode': { files: [file('Dockerfile', 'FROM scratch'), file('run', 'echo')] },
    'one file less': { files: [file('Dockerfile', 'FROM scratch')] },
    'a byte moved from one file to its neighbour': { files: [file('Dockerfile', 'FROM scratc'), file('hrun', 'echo', true)] },
    'another parent': {
      needs: new Map([
        ['base', '1112'],
        ['tool-cosign', '2222'],
      ]),
    },
    'parents exchanged': {
      needs: new Map([
        ['base', '2222'],
        ['tool-cosign', '1111'],
      ]),
    },
    'another setting': { settings: ['forky'] },
  };
  for (const [change, changed] of Object.entries(changes)) {
    it(`differs with ${change}`, () => {
      assert.notEqual(contentHash({ ...inputs, ...changed }), contentHash(inputs));
    });
  }

  it('does not depend on the order in which needs are listed', () => {
    const needs = new Map([...inputs.needs].toReversed());
    assert.equal(contentHash({ ...inputs, needs }), contentHash(inputs));
  });
});
