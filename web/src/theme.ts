import {
  ActionIcon,
  Anchor,
  Button,
  Checkbox,
  type CSSVariablesResolver,
  createTheme,
  Menu,
  Modal,
  Radio,
  SegmentedControl,
  Text,
  Tooltip,
} from '@mantine/core';

/**
 * One accent, neutral surfaces. Every pair of text and surface passes WCAG AA: the filled accent (shade 7) has 6.2:1 with white,
 * links use shade 7 on light and 4 on dark surfaces. Neutrals and state colours live in `styles/global.css` as tokens.
 */
export const theme = createTheme({
  primaryColor: 'tide',
  primaryShade: { light: 7, dark: 7 },
  colors: {
    tide: ['#e6f5f7', '#cfeaee', '#a2d6df', '#72c1cf', '#4fb0c1', '#2a94a8', '#157e93', '#0b6a7d', '#085767', '#064450'],
    dark: ['#dde4e8', '#b4bec6', '#97a3ad', '#5c6770', '#2b3238', '#22282d', '#191e22', '#101416', '#0c0f11', '#080a0b'],
    gray: ['#f7f9fa', '#eff2f4', '#e3e8eb', '#d4dbdf', '#bcc5cb', '#8d99a2', '#56626c', '#414c55', '#2c353c', '#161d22'],
    red: ['#fdeeee', '#fadcdb', '#f3b7b5', '#ec908c', '#ff8a85', '#d94b45', '#c5342e', '#b3261e', '#931f19', '#6f1612'],
  },
  white: '#ffffff',
  black: '#141b20',
  fontFamily: 'ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif',
  fontFamilyMonospace: 'ui-monospace, "SF Mono", SFMono-Regular, Menlo, Consolas, "Liberation Mono", "DejaVu Sans Mono", monospace',
  fontSizes: { xs: '0.75rem', sm: '0.8125rem', md: '0.875rem', lg: '1rem', xl: '1.25rem' },
  lineHeights: { xs: '1.35', sm: '1.45', md: '1.5', lg: '1.5', xl: '1.4' },
  radius: { xs: '3px', sm: '5px', md: '7px', lg: '10px', xl: '16px' },
  defaultRadius: 'md',
  respectReducedMotion: true,
  cursorType: 'pointer',
  headings: {
    fontWeight: '600',
    sizes: {
      h1: { fontSize: '1.375rem', lineHeight: '1.3' },
      h2: { fontSize: '1rem', lineHeight: '1.4' },
      h3: { fontSize: '0.875rem', lineHeight: '1.45' },
    },
  },
  components: {
    ActionIcon: ActionIcon.extend({ defaultProps: { variant: 'subtle', color: 'gray' } }),
    Anchor: Anchor.extend({ defaultProps: { underline: 'hover' } }),
    Button: Button.extend({ defaultProps: { size: 'sm' } }),
    Checkbox: Checkbox.extend({ defaultProps: { size: 'xs' } }),
    Menu: Menu.extend({ defaultProps: { transitionProps: { duration: 100 }, shadow: 'md', withInitialFocusPlaceholder: false } }),
    Modal: Modal.extend({ defaultProps: { transitionProps: { duration: 120 }, centered: true } }),
    Radio: Radio.extend({ defaultProps: { size: 'xs' } }),
    SegmentedControl: SegmentedControl.extend({ defaultProps: { transitionDuration: 120 } }),
    Text: Text.extend({ defaultProps: { size: 'md' } }),
    Tooltip: Tooltip.extend({ defaultProps: { openDelay: 250, transitionProps: { duration: 80 }, withArrow: false, multiline: true } }),
  },
});

export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-dimmed': '#56626c',
    '--mantine-color-placeholder': '#65717b',
    '--mantine-color-error': '#b3261e',
    '--mantine-color-anchor': '#0b6a7d',
    '--mantine-color-gray-outline': '#414c55',
    '--mantine-color-gray-light-color': '#414c55',
  },
  dark: {
    '--mantine-color-dimmed': '#97a3ad',
    '--mantine-color-placeholder': '#8a97a1',
    '--mantine-color-error': '#ff8a85',
    '--mantine-color-red-text': '#ff8a85',
    '--mantine-color-red-light-color': '#ff8a85',
    '--mantine-color-anchor': '#6fc3d2',
    '--mantine-color-gray-light-color': '#b4bec6',
  },
});
