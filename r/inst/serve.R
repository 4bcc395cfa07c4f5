tandem::serve()
