<?php
// Ways in which PHP apps lose the bytes that were signed: one path is one way.

$raw = file_get_contents('php://input');

$ways = [
    '/decoded' => fn() => json_encode(json_decode($raw, true)),
    '/decoded-object' => fn() => json_encode(json_decode($raw)),
    '/readable' => fn() => json_encode(json_decode($raw), JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE),
    '/pretty' => fn() => json_encode(json_decode($raw), JSON_PRETTY_PRINT),
    '/post' => fn() => http_build_query($_POST),
    '/post-json' => fn() => json_encode($_POST),
    '/post-rfc3986' => fn() => http_build_query($_POST, '', '&', PHP_QUERY_RFC3986),
    '/utf8-encode' => fn() => utf8_encode($raw),
    '/utf8-decode' => fn() => utf8_decode($raw),
    '/trim' => fn() => trim($raw),
    '/gzdecode' => fn() => gzdecode($raw),
    '/stripslashes' => fn() => stripslashes($raw),
    '/html' => fn() => htmlspecialchars($raw, ENT_NOQUOTES),
    '/raw' => fn() => $raw,
];

$scheme = empty($_SERVER['HTTPS']) ? 'http' : 'https';
$path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
error_reporting(E_ALL & ~E_DEPRECATED);
header('content-type: application/json');
echo json_encode([
    'body' => base64_encode($ways[$path]()),
    'headers' => getallheaders(),
    'url' => "$scheme://{$_SERVER['HTTP_HOST']}{$_SERVER['REQUEST_URI']}",
]);
