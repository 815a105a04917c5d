-- Keeps a malformed message.
-- KEYS: quarantine. ARGV: entries to keep, seconds to keep, kind, message id, reason, body.
redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[1], '*',
  'kind', ARGV[3], 'message_id', ARGV[4], 'reason', ARGV[5], 'body', ARGV[6])
redis.call('EXPIRE', KEYS[1], ARGV[2])
return 0
