import { describe, expect, it } from 'vitest';
import { InvalidSettings } from '../core/errors.ts';
import { parseTagRule, type RuleValues } from './tag-rule.ts';

const hex = 'abcdef0123456789'.repeat(4);
const values: RuleValues = {
  registry: 'registry.acme.io:5000',
  repository: 'team/shop/api',
  tag: 'v1.4.2-rc',
  digest: `sha256:${hex}`,
  time: Date.UTC(2026, 10, 3, 4, 5, 6),
  variables: { service: 'checkout', project: 'acme', branch: 'feature/pay' },
};
const tag = (rule: string, more: RuleValues = {}) => parseTagRule(rule, 'tag').render({ ...values, ...more });
const repository = (rule: string, more: RuleValues = {}) => parseTagRule(rule, 'repository').render({ ...values, ...more });

describe('parseTagRule', () => {
  it.each([
    ['{tag}', 'v1.4.2-rc'],
    ['{service}-{tag}', 'checkout-v1.4.2-rc'],
    ['{digest:12}', hex.slice(0, 12)],
    ['{digest}', hex],
    ['{date}', '20261103'],
    ['{tag}-{date:yyyyMMdd-HHmm}', 'v1.4.2-rc-20261103-0405'],
    ['{date:yyyy.MM.dd_HHmmss}', '2026.11.03_040506'],
    ['{tag#v}', '1.4.2-rc'],
    ['{tag%-rc}', 'v1.4.2'],
    ['{tag#x}', 'v1.4.2-rc'],
    ['{tag/rc/final}', 'v1.4.2-final'],
    ['{name}-{tag}', 'api-v1.4.2-rc'],
    ['{repository}-{tag}', 'team-shop-api-v1.4.2-rc'],
    ['{repository#team/}-{tag}', 'shop-api-v1.4.2-rc'],
    ['{branch}', 'feature-pay'],
    ['stable', 'stable'],
  ])('makes the tag of %s', (rule, made) => {
    expect(tag(rule)).toBe(made);
  });

  it.each([
    ['{repository}', 'team/shop/api'],
    ['mirror/{repository}', 'mirror/team/shop/api'],
    ['{repository/shop/prod}', 'team/prod/api'],
    ['{repository/team\\/shop/prod}', 'prod/api'],
    ['{repository#team/}', 'shop/api'],
    ['{project}/{name}', 'acme/api'],
    ['{registry}/{repository}', 'registry.acme.io-5000/team/shop/api'],
    ['{repository%/api}', 'team/shop'],
  ])('makes the repository of %s', (rule, made) => {
    expect(repository(rule)).toBe(made);
  });

  it('names its variables once each, in their order', () => {
    expect(parseTagRule('{service}-{tag}-{service}-{digest:8}', 'tag').variables).toEqual(['service', 'tag', 'digest']);
  });

  it.each([
    ['', 'empty'],
    ['{tag', 'not closed. (at position 1'],
    ['v{tag}}', 'closes nothing. (at position 7'],
    ['a b', '“ ” cannot stand in a tag. (at position 2'],
    ['<SERVICE>-{tag}', 'stand in braces: {service}. (at position 1'],
    ['{}', 'begins with a letter'],
    ['{tag:12}', 'Only {digest:12} and {date:yyyyMMdd}'],
    ['{digest:3}', '7 to 64 characters'],
    ['{date:hh}', 'A date is written with'],
    ['{date:-}', 'A date is written with'],
    ['{tag/a}', 'is written {tag/from/to}'],
    ['{tag#}', 'is missing'],
    ['-{tag}x'.repeat(80), 'at most 300 characters'],
    ['.hidden', 'cannot be a tag'],
  ])('refuses %s as a rule for tags', (rule, says) => {
    expect(() => parseTagRule(rule, 'tag')).toThrow(says);
  });

  it('refuses what cannot be in the name of a repository, where it stands', () => {
    expect(() => parseTagRule('Mirror/{repository}', 'repository')).toThrow('lower-case. (at position 1');
    expect(() => parseTagRule('mirror:{repository}', 'repository')).toThrow('“:” cannot stand in the name of a repository');
  });

  it('tells at the field that it was given', () => {
    const error = (() => {
      try {
        return parseTagRule('{', 'tag', 'destination.tag');
      } catch (thrown) {
        return thrown;
      }
    })();
    expect(error).toBeInstanceOf(InvalidSettings);
    expect((error as InvalidSettings).fields.map(({ field }) => field)).toEqual(['destination.tag']);
  });

  it('takes nothing for granted that it was not given', () => {
    expect(() => parseTagRule('{team}-{tag}', 'tag').render(values)).toThrow('No value is given for {team}');
    expect(() => parseTagRule('{toString}', 'tag').render(values)).toThrow('No value is given for {toString}');
    expect(() => parseTagRule('{digest:12}', 'tag').render({ tag: '1' })).toThrow('There is no digest here');
  });

  it('makes nothing that cannot be a tag or a repository', () => {
    expect(() => tag('{tag}-{tag}', { tag: 'x'.repeat(70) })).toThrow('cannot be a tag');
    expect(() => tag('{tag#v1}')).toThrow('cannot be a tag');
    expect(() => repository('{service}/{name}', { variables: { service: 'Shop' } })).toThrow('must be lower case');
    expect(() => repository('{repository#team}')).toThrow('empty part');
  });

  it('does not take a replacement for a pattern', () => {
    expect(tag('{tag/./-}', { tag: '1.4.2' })).toBe('1-4.2');
    expect(() => tag('{tag/1/$&}', { tag: '1.4' })).toThrow('“$&.4”');
  });
});
