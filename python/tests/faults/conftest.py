def pytest_configure(config):
    config.addinivalue_line("markers", "promise(*names): x")
