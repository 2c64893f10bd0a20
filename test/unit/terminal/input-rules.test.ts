import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  actionOf,
  cleanPaste,
  clipboardText,
  isAutomaticAnswer,
  needsConfirmation,
  type Chord,
} from '../../../src/terminal/browser/input-rules.ts';

test('answers of the terminal are told from keys', () => {
  for (const answer of [
    '\x1b[?1;2c',
    '\x1b[>0;276;0c',
    '\x1b[12;40R',
    '\x1b[0n',
    '\x1b[?2026;2$y',
    '\x1b]11;rgb:0000/0000/0000\x1b\\',
    '\x1bP1$r0m\x1b\\',
  ]) {
    assert.equal(isAutomaticAnswer(answer), true, JSON.stringify(answer));
  }
  for (const typed of ['ls\r', 'c', '\x1b', '\x1b[A', '\x1bOP', '\x1b[15~', '\x1b[200~text\x1b[201~', '\x03', '\x1b[Ac']) {
    assert.equal(isAutomaticAnswer(typed), false, JSON.stringify(typed));
  }
});

test('a paste carries no hidden keys and is not endless', () => {
  assert.equal(cleanPaste('echo hi\r\nls\ttab'), 'echo hi\nls\ttab');
  assert.equal(cleanPaste('safe\x1b[201~\x03rm -rf ~\r'), 'safe[201~rm -rf ~\n');
  assert.equal(cleanPaste('\u009b31m'), '31m');
  assert.equal(cleanPaste('x'.repeat(600_000)), undefined);
});

test('a program writes the clipboard within a limit and never reads it', () => {
  const encode = (text: string): string => Buffer.from(text).toString('base64');
  assert.equal(clipboardText(`c;${encode('sha256:\u00e9')}`), 'sha256:\u00e9');
  assert.equal(clipboardText(`;${encode('x')}`), 'x');
  for (const refused of ['c;?', 'c;', 'c;not base64!', 'x;aGk=', 'c;a', `c;${'A'.repeat(70_000)}`])
    assert.equal(clipboardText(refused), undefined, refused.slice(0, 20));
});

test('several lines are asked about unless the shell takes them as one', () => {
  assert.equal(needsConfirmation('one\ntwo', false), true);
  assert.equal(needsConfirmation('one\ntwo', true), false);
  assert.equal(needsConfirmation('one\n', false), false);
});

test('chords copy, paste, find and leave; everything else belongs to the shell', () => {
  const chord = (key: string, modifiers: Partial<Chord> = {}): Chord => ({
    key,
    ctrlKey: false,
    metaKey: false,
    shiftKey: false,
    altKey: false,
    ...modifiers,
  });
  assert.equal(actionOf(chord('C', { ctrlKey: true, shiftKey: true })), 'copy');
  assert.equal(actionOf(chord('v', { metaKey: true, shiftKey: true })), 'native-paste');
  assert.equal(actionOf(chord('Insert', { ctrlKey: true })), 'copy');
  assert.equal(actionOf(chord('Insert', { shiftKey: true })), 'native-paste');
  assert.equal(actionOf(chord('F6', { ctrlKey: true })), 'leave');
  assert.equal(actionOf(chord('F6', { ctrlKey: true, shiftKey: true })), 'leave-backwards');
  for (const shell of [chord('Tab'), chord('c', { ctrlKey: true }), chord('Escape'), chord('F6'), chord('f', { altKey: true })])
    assert.equal(actionOf(shell), undefined);
});
