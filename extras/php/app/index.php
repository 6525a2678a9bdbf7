<?php
// A small application: a form, an upload, a redirect and a session. What it is asked is its PATH_INFO.
header('Content-Type: text/plain; charset=utf-8');
$path = $_SERVER['PATH_INFO'] ?? '';
switch ($path) {
    case '/where':
        echo $_SERVER['SCRIPT_NAME'], ' ', $path, ' ', $_SERVER['REQUEST_URI'], ' ', $_SERVER['REQUEST_METHOD'], "\n";
        break;
    case '/form':
        echo 'Hello, ', $_POST['name'] ?? 'nobody', "!\n";
        break;
    case '/upload':
        $file = $_FILES['file'];
        echo $file['name'], ' ', $file['size'], ' ', md5_file($file['tmp_name']), "\n";
        break;
    case '/redirect':
        header('Location: ' . dirname($_SERVER['SCRIPT_NAME']) . '/index.php/where', true, 303);
        break;
    case '/count':
        session_save_path(sys_get_temp_dir());
        session_start();
        $_SESSION['count'] = ($_SESSION['count'] ?? 0) + 1;
        echo $_SESSION['count'], "\n";
        break;
    case '/fail':
        error_log('a word for the log');
        http_response_code(500);
        echo "failed\n";
        break;
    case '/large':
        for ($i = 0; $i < 64; $i++) {
            echo str_repeat('x', 1 << 20);
            flush();
        }
        break;
    default:
        http_response_code(404);
        echo "nothing at $path\n";
}
