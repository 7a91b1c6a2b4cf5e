import { useProviders } from '../api/queries.ts';
import { IconRegistry } from './icons.tsx';
import styles from './bits.module.css';

/** A provider's own mark. It comes from the hub's provider definitions, which are part of the program, never from users. */
export function ProviderMark({ provider, size = 20, title }: { provider: string; size?: number; title?: string }) {
  const providers = useProviders();
  const known = providers.data?.find((each) => each.id === provider);
  const label = title ?? known?.title ?? provider;
  const style = { width: size, height: size };
  if (!known) {
    return (
      <span className={styles.mark} style={style} aria-hidden="true">
        <IconRegistry size={size} />
      </span>
    );
  }
  const name = label === '' ? { 'aria-hidden': true } : { role: 'img', 'aria-label': label };
  return <span className={styles.mark} style={style} {...name} dangerouslySetInnerHTML={{ __html: known.icon }} />;
}
