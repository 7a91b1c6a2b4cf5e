#!/usr/bin/env node
import { launch } from './launch.mjs';

// A hub is asked with what every Node.js brings along; a data folder takes the SQLite of a new one.
await launch('helpers/docker-credential.js', process.env.TAGBOAT_DATA && !process.env.TAGBOAT_URL ? 26 : 20);
