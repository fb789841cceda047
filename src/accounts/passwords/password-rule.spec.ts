import { readFile, stat } from 'node:fs/promises';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { unusablePassword, weakPassword } from './password-rule.ts';

const BOB = { name: 'bob.miller', email: 'robert@example.com' };
const COMMON = new URL('common-passwords.txt', import.meta.url);

describe('weakPassword()', () => {
  it.each([
    'correct horse battery staple',
    'Zx7-quartz-Umbrella!',
    'sommerregen klavier ziegel',
    'fünfzehn Zeichen',
    'пятнадцать букв тут',
    '483920174652938',
    '4839-2017-4652-9384',
    'mP3xQ9vL2nR8wT5',
    "Bob's violin ate my homework",
    'the sallyport of an old castle',
  ])('accepts %j', async (password) => {
    expect(await weakPassword(password, BOB)).toBeUndefined();
  });

  it.each([
    ['short', /^the password must have at least 15 characters: use four or more unrelated words/],
    ['p'.repeat(14), /at least 15/],
    // Fourteen characters in NFC, 28 in NFD.
    ['ä'.repeat(14).normalize('NFD'), /at least 15/],
    ['aaaaaaaaaaaaaaa', /repeats a few characters/],
    ['abcabcabcabcabc', /repeats a few characters/],
    ['winter1winter1winter1', /repeats a few characters/],
    ['123456789012345', /follows the keyboard/],
    ['abcdefghijklmno', /follows the keyboard/],
    ['qwertyuiopasdfghjkl', /follows the keyboard/],
    ['QWERTZUIOPasdfgh', /follows the keyboard/],
    ['bob.miller bob.miller', /derived from the account's name/],
    ['BobMiller-2026!', /derived from the account's name/],
    ['miller20261126miller', /derived from the account's name/],
    ['robert@example.com', /derived from the account's name/],
    ['B0bM1ller-1234567', /derived from the account's name/],
    ['sallyport-2026-!', /derived from the account's name or from Sallyport's/],
    ['S4llyport20261126', /derived from/],
    ['sallyport-password-1', /one of the most common/],
    ['passwordpassword', /one of the most common/],
    ['Password12345678', /one of the most common/],
    ['P@ssw0rd!!!20261126', /one of the most common/],
    ['p a s s w o r d 1 2 3', /one of the most common/],
    ['!!!trustno1!!!2026', /one of the most common/],
    ['1qaz2wsx3edc4rfv', /one of the most common/],
    ['ｐａｓｓｗｏｒｄ１２３４５６７８', /one of the most common/],
    ['12345678 - 87654321', /only digits or symbols/],
  ])('refuses %j', async (password, words) => {
    const problem = await weakPassword(password, BOB);
    expect(problem).toMatch(words);
    expect(problem).toContain(': use four or more unrelated words');
  });

  it('accepts random passwords', async () => {
    const random = fc.string({
      unit: fc.constantFrom(...Array.from('abcdefghjkmnpqrstuvwxyzABCDEFGH23456789-')),
      minLength: 20,
      maxLength: 40,
    });
    await fc.assert(
      fc.asyncProperty(random, async (password) => {
        fc.pre(new Set(password).size >= 10);
        expect(await weakPassword(password, { name: 'max' })).toBeUndefined();
      }),
      { numRuns: 50 },
    );
  });
});

describe('unusablePassword()', () => {
  it.each([
    ['', 'the password must not be empty'],
    ['p\ud800', 'the password must be Unicode text'],
    ['pass\nword', 'the password must not contain control characters, which HTTP Basic does not allow'],
    ['é'.repeat(513), 'the password must have at most 1024 bytes'],
  ])('refuses %j', (password, problem) => {
    expect(unusablePassword(password)).toBe(problem);
  });
});

describe('the list of common passwords', () => {
  it('is small, states its licence, and contains one lower-case password per line', async () => {
    expect((await stat(COMMON)).size).toBeLessThan(300_000);
    const lines = (await readFile(COMMON, 'utf8')).trimEnd().split('\n');
    const heading = lines.filter((line) => line.startsWith('# ')).join('\n');
    expect(heading).toContain('Permission is hereby granted');
    const passwords = lines.filter((line) => !line.startsWith('#'));
    expect(passwords.length).toBeGreaterThan(10_000);
    expect(passwords.filter((one) => one !== one.toLowerCase() || one.trim() === '')).toEqual([]);
  });
});
