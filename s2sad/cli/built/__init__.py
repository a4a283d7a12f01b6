"""What ``s2sad build`` copies into the folders that it writes. These files import nothing of s2sad."""
