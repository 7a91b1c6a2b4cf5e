import { PasswordInput, Stack, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { Redirect, useLocation } from 'wouter';
import { hub } from '../../api/client.ts';
import { problemOf } from '../../api/problem.ts';
import { keys, useAbout } from '../../api/queries.ts';
import { CodeLine } from '../../components/copy.tsx';
import { ProblemView } from '../../components/states.tsx';
import { paths } from '../../lib/paths.ts';
import { Frame } from './frame.tsx';
import { BusyButton } from '../../components/busy-button.tsx';

/** The one-time token stands behind `#`, so that it is never sent to a server or proxy log by opening the link. */
function readToken(): string {
  return new URLSearchParams(location.hash.slice(1)).get('token') ?? '';
}

export default function SetupPage() {
  const client = useQueryClient();
  const about = useAbout();
  const [, navigate] = useLocation();
  const [token, setToken] = useState(readToken);
  const [fromLink] = useState(token !== '');
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const setup = useMutation({
    mutationFn: () => hub.completeSetup({ token: token.trim(), name: name.trim(), password }),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: keys.about });
      await client.refetchQueries({ queryKey: keys.session });
      navigate(paths.registries, { replace: true });
    },
  });

  // Out of the address bar and the history at once.
  useEffect(() => {
    if (location.hash !== '') history.replaceState(null, '', location.pathname);
  }, []);

  if (about.data?.setupNeeded === false) return <Redirect to={paths.registries} replace />;
  const problem = setup.error === null ? undefined : problemOf(setup.error);
  const fieldError = (field: string) =>
    problem?.field === field ? problem.detail : problem?.fields?.find((each) => each.field === field)?.message;
  const known = fieldError('name') ?? fieldError('password');
  return (
    <Frame title="Set up Tagboat">
      <p>Nobody has an account yet. Make the first one; it is the administrator and can invite the others.</p>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          setup.mutate();
        }}
      >
        <Stack gap="md">
          {!fromLink && (
            <>
              <TextInput
                label="Set-up code"
                description="Tagboat printed a link with this code when it started. Open that link, or paste its last part here."
                required
                withAsterisk={false}
                autoComplete="off"
                spellCheck={false}
                value={token}
                onChange={(event) => setToken(event.currentTarget.value.replace(/^.*#token=/, ''))}
              />
              <CodeLine text="tagboat serve" label="the command" />
            </>
          )}
          <TextInput
            label="Name"
            description="What you sign in with."
            autoComplete="username"
            autoCapitalize="none"
            spellCheck={false}
            required
            withAsterisk={false}
            autoFocus={fromLink}
            value={name}
            error={fieldError('name')}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <PasswordInput
            label="Password"
            description="At least 10 characters. A sentence is easy to remember and hard to guess."
            autoComplete="new-password"
            required
            withAsterisk={false}
            minLength={10}
            value={password}
            error={fieldError('password')}
            onChange={(event) => setPassword(event.currentTarget.value)}
          />
          {problem !== undefined && known === undefined && <ProblemView error={setup.error} />}
          <BusyButton type="submit" busy={setup.isPending} fullWidth>
            Create the administrator
          </BusyButton>
        </Stack>
      </form>
    </Frame>
  );
}
