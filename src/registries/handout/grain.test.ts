import { expect, it } from 'vitest';
import { beyondShown, grainReason } from './grain.ts';

const whole = { name: 'harbor', url: 'https://harbor.acme.example', prefix: 'harbor.acme.example', namespace: '' };
const team = { ...whole, prefix: 'harbor.acme.example/shop/web', namespace: '' };

it.each<[string, Parameters<typeof beyondShown>, RegExp | undefined]>([
  ['a repository that is shown', [whole, 'repository', ['shop/api']], undefined],
  ['several, each made for itself', [whole, 'repository', ['shop/api', 'lab/x']], undefined],
  ['one project', [whole, 'namespace', ['shop/api', 'shop/web']], undefined],
  ['two projects at a time', [whole, 'namespace', ['shop/api', 'lab/x']], /one project at a time/],
  ['a project of which a part is shown', [team, 'namespace', ['shop/web/app']], /open all of shop/],
  ['what is not shown', [team, 'repository', ['shop/api']], /not below shop\/web/],
  ['the whole of a part', [team, 'repository', []], /name the repositories/],
  ['what opens everything of its issuer', [whole, 'registry', ['shop/api']], /everything that their issuer has/],
])('a viewer asks for %s', (_what, [registry, grain, repositories], words) => {
  const beyond = beyondShown(registry, grain, repositories);
  if (words) expect(beyond).toMatch(words);
  else expect(beyond).toBeUndefined();
});

it('says what a credential of a whole project opens beside what was asked for', () => {
  expect(grainReason('namespace', ['shop/api'])).toContain('all of shop');
  expect(grainReason('repository', ['shop/api'])).toBeUndefined();
});
