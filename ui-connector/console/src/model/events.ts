// The types of what the connector sends are those of the client library.
export * from '../../../desktop-client/src/events';
