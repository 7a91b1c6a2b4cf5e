import { PasswordInput, Stack, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { hub } from '../../api/client.ts';
import { keys } from '../../api/queries.ts';
import { ProblemView } from '../../components/states.tsx';
import { Frame } from './frame.tsx';
import { BusyButton } from '../../components/busy-button.tsx';

export default function SignInPage() {
  const client = useQueryClient();
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const signIn = useMutation({
    mutationFn: () => hub.signIn({ name: name.trim(), password }),
    onSuccess: () => client.refetchQueries({ queryKey: keys.session }),
    onError: () => setPassword(''),
  });
  return (
    <Frame title="Sign in">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          signIn.mutate();
        }}
      >
        <Stack gap="md">
          <TextInput
            label="Name"
            name="username"
            autoComplete="username"
            autoCapitalize="none"
            spellCheck={false}
            required
            withAsterisk={false}
            autoFocus
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <PasswordInput
            label="Password"
            name="password"
            autoComplete="current-password"
            required
            withAsterisk={false}
            value={password}
            onChange={(event) => setPassword(event.currentTarget.value)}
          />
          {signIn.error !== null && <ProblemView error={signIn.error} />}
          <BusyButton type="submit" busy={signIn.isPending} fullWidth>
            Sign in
          </BusyButton>
        </Stack>
      </form>
      <p>
        No account, or the password is lost? An administrator makes one under Settings, or on the server with{' '}
        <span className="mono">tagboat user</span>.
      </p>
    </Frame>
  );
}
