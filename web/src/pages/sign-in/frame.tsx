import { Title } from '@mantine/core';
import { type ReactNode, useEffect } from 'react';
import { IconBoat } from '../../components/icons.tsx';
import styles from './sign-in.module.css';

/** The quiet card that stands alone before somebody is signed in. */
export function Frame({ title, children }: { title: string; children: ReactNode }) {
  useEffect(() => {
    document.title = `${title} · Tagboat`;
  }, [title]);
  return (
    <main className={styles.wrap}>
      <div className={styles.card}>
        <div className={styles.brand}>
          <IconBoat size={24} /> Tagboat
        </div>
        <Title order={1} fz="h2">
          {title}
        </Title>
        {children}
      </div>
    </main>
  );
}
